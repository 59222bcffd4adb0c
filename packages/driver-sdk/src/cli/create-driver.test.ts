import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installPacked } from '../../test/install-packed.ts';
import { ConformanceRecord } from '../conformance/report/conformance-record.ts';

const program = fileURLToPath(new URL('main.ts', import.meta.url));

interface Ending {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program in a directory, with this very Node first on the path. */
const runIn = (cwd: string, file: string, ...args: readonly string[]): Promise<Ending> =>
  new Promise((resolve) => {
    const env = {
      ...process.env,
      NODE_OPTIONS: file === process.execPath ? process.env.NODE_OPTIONS : '',
      PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
    };
    execFile(file, args, { cwd, env, maxBuffer: 1 << 26 }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err }),
    );
  });

const cyborgDriver = (cwd: string, ...words: readonly string[]): Promise<Ending> =>
  runIn(cwd, process.execPath, program, ...words);

let above: string;
let directory: string;

beforeAll(async () => {
  above = mkdtempSync(join(tmpdir(), 'create-driver-'));
  directory = join(above, 'acme-npu');
});

afterAll(() => rmSync(above, { recursive: true, force: true }));

describe('from an empty directory to a package', () => {
  it('creates a driver whose own tests and all checks of level sim pass', { timeout: 300_000 }, async () => {
    const created = await cyborgDriver(above, 'create', 'acme-npu', '--pci', '1D55:A010');
    expect(created).toMatchObject({ code: 0, err: '' });
    expect(existsSync(join(directory, '.github/workflows/conformance.yml'))).toBe(true);
    await installPacked(['core', 'driver-sdk'], { directory, scratch: join(above, 'packed') });
    const { code, out, err } = await runIn(directory, 'npm', 'test');
    expect(out + err).toMatch(/cyborg-driver-acme-npu 0\.1\.0, kit [\d.]+, level sim: \d+ passed, 0 failed/);
    expect(code).toBe(0);
    const record = ConformanceRecord.parse(
      JSON.parse(readFileSync(join(directory, 'conformance.json'), 'utf8')),
    );
    const left = record.results.filter(({ outcome }) => outcome !== 'passed');
    expect(left.map(({ name, outcome, reason }) => `${name} ${outcome}: ${reason}`).sort()).toEqual([
      'busy not-shown: on this fixture nobody can be seen to use a device',
      'install-again not-applicable: the driver has no install',
      ...['cancel', 'crash', 'in-use', 'ok', 'wrong'].map(
        (check) => `program-${check} not-applicable: the driver has no program`,
      ),
      'tool-flood not-applicable: the driver runs no tool',
      'tool-garbage not-applicable: no verb of the driver that changes something runs a tool',
    ]);
  });

  it('is packed once its README is written, with the proof in the tarball', { timeout: 60_000 }, async () => {
    const early = await cyborgDriver(above, 'pack', 'acme-npu');
    expect(early).toMatchObject({ code: 1, out: '' });
    expect(early.err).toContain('README.md is not up to date: cyborg-driver doc');
    expect(await cyborgDriver(directory, 'doc', '--check')).toMatchObject({ code: 1 });
    expect(await cyborgDriver(directory, 'doc')).toMatchObject({ code: 0 });
    expect(await cyborgDriver(directory, 'doc', '--check')).toMatchObject({ code: 0 });
    expect(readFileSync(join(directory, 'README.md'), 'utf8')).toContain('PCI `1d55:a010`');
    const packed = await cyborgDriver(above, 'pack', 'acme-npu', '--destination', above);
    expect(packed).toMatchObject({ code: 0, out: `${join(above, 'cyborg-driver-acme-npu-0.1.0.tgz')}\n` });
    const { out } = await runIn(above, 'tar', 'tzf', 'cyborg-driver-acme-npu-0.1.0.tgz');
    expect(out.trim().split('\n').sort()).toEqual([
      'package/README.md',
      'package/config.schema.json',
      'package/conformance.json',
      'package/fixtures/simulated.recording.json',
      'package/package.json',
      'package/src/index.js',
    ]);
  });

  it('is not packed with a proof of other files', { timeout: 60_000 }, async () => {
    appendFileSync(join(directory, 'src/index.js'), '// changed\n');
    const { code, err } = await cyborgDriver(above, 'pack', 'acme-npu');
    expect(code).toBe(1);
    expect(err).toContain('files have changed since conformance.json was written: src/index.js');
  });

  it.each([
    [['create', 'acme-npu'], 'is there already, and is not empty'],
    [['create', 'Acme NPU'], 'must be lower-case letters, digits and dashes'],
    [['create', 'other', '--pci', '1d55'], 'device: must be four lower-case hexadecimal digits'],
    [['create', 'other', '--kind', 'TOASTER'], 'kind: '],
  ])('refuses %j and makes nothing', async (words, reason) => {
    const { code, err } = await cyborgDriver(above, ...words);
    expect(err).toContain(reason);
    expect(code).toBe(2);
    expect(existsSync(join(above, 'other'))).toBe(false);
  });
});
