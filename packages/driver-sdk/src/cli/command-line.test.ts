import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConformanceRecord } from '../conformance/report/conformance-record.ts';
import { Recording } from '../recording/recording.ts';
import { buildMachine, plainCard } from '../simulator/index.ts';

const program = fileURLToPath(new URL('main.ts', import.meta.url));
const sdk = fileURLToPath(new URL('../..', import.meta.url));
const serial = '48b02d0f1a2b3c4d';

interface Ending {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `cyborg-driver` in a process of its own. */
const cyborgDriver = (...words: readonly string[]): Promise<Ending> =>
  new Promise((resolve) => {
    execFile(process.execPath, [program, ...words], { maxBuffer: 1 << 26 }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err }),
    );
  });

function emptyDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'cyborg-driver-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A vendor's package: a driver of one table, in plain JavaScript, with the SDK installed. */
function acmePackage(options = "traits: ['OWNER_CYBORG'],"): string {
  const directory = emptyDirectory();
  cpSync(join(sdk, 'test/drivers/pci-table/package.json'), join(directory, 'package.json'));
  const packageJson = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const manifest = { ...packageJson.cyborgDriver, match: [{ pci: '1d55:a0*' }], permissions };
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({ ...packageJson, exports: { '.': './index.js' }, cyborgDriver: manifest }),
  );
  writeFileSync(
    join(directory, 'index.js'),
    `import { definePciDriver } from '@cyborgjs/driver-sdk';
    export default definePciDriver({
      match: { vendor: '1d55' }, kind: 'AICHIP', resourceClass: 'CUSTOM_ACME', ${options}
    });`,
  );
  mkdirSync(join(directory, 'node_modules/@cyborgjs'), { recursive: true });
  symlinkSync(sdk, join(directory, 'node_modules/@cyborgjs/driver-sdk'));
  return directory;
}

const permissions = {
  read: ['/sys/bus', '/sys/bus/pci/**', '/sys/devices/**', '/sys/kernel/iommu_groups/**', '/dev/vfio'],
  write: [
    '/sys/devices/**/driver_override',
    '/sys/bus/pci/drivers/*/{bind,unbind}',
    '/sys/bus/pci/drivers_probe',
  ],
  tools: [],
};

/** The root of a machine with two cards of that vendor. */
function machineRoot(): string {
  const root = join(emptyDirectory(), 'root');
  const ids = { vendor: '1d55', device: 'a010', class: '120000' };
  buildMachine({
    root,
    cards: [
      plainCard({ address: '0000:05:00.0', ...ids, serial }),
      plainCard({ address: '0000:06:00.0', ...ids }),
    ],
  });
  return root;
}

describe('cyborg-driver test', () => {
  it('proves a driver on simulated cards with the ids of its manifest, and writes all reports', {
    timeout: 90_000,
  }, async () => {
    const directory = acmePackage();
    const files = {
      json: join(directory, 'conformance.json'),
      junit: join(directory, 'junit.xml'),
      report: join(directory, 'conformance.md'),
    };
    const flags = Object.entries(files).flatMap(([flag, file]) => [`--${flag}`, file]);
    const { code, out, err } = await cyborgDriver('test', directory, '--checks', '1,9,17,31', ...flags);
    expect(err).toBe('');
    expect(out).toContain('two made-up cards 1d55:a000');
    expect(out).toMatch(/level sim: 4 passed, 0 failed, 0 not shown\n$/);
    expect(code).toBe(0);
    const record = ConformanceRecord.parse(JSON.parse(readFileSync(files.json, 'utf8')));
    expect(record.level).toBe('sim');
    expect(Object.keys(record.driver.files)).toEqual(['index.js', 'package.json']);
    expect(readFileSync(files.junit, 'utf8')).toContain('failures="0"');
    expect(readFileSync(files.report, 'utf8')).toContain('| 31 | crash-around-i |');
  });

  it('fails a driver with a mistake, saying what it did and why that matters', {
    timeout: 60_000,
  }, async () => {
    const { code, out } = await cyborgDriver('test', acmePackage(''), '--checks', 'shape,17');
    expect(out).toContain('0000:81:00.0 lacks the trait OWNER_CYBORG');
    expect(out).toContain('Why it matters: An answer that does not fit the contract is refused whole');
    expect(out).toContain('1 passed, 1 failed');
    expect(code).toBe(1);
  });

  it.each([
    [['test', '/nowhere/at/all'], '/nowhere/at/all/package.json cannot be read as JSON'],
    [['test', sdk], 'has no "cyborgDriver": it is no driver package'],
    [
      ['test', sdk, '--checks', 'no-such-check'],
      'there is no check "no-such-check"; there are 1 manifest-static',
    ],
    [['test', sdk, '--level', 'dream'], 'Allowed choices are replay, sim, hardware'],
    [['tset'], "unknown command 'tset'"],
  ])('ends with 2 and the reason when nothing can be tried: %j', async (words, reason) => {
    const { code, out, err } = await cyborgDriver(...words);
    expect(err).toContain(reason);
    expect(err).not.toContain('    at ');
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it('says that a driver cannot be loaded, and why', async () => {
    const directory = acmePackage();
    rmSync(join(directory, 'node_modules'), { recursive: true });
    const { code, err } = await cyborgDriver('test', directory);
    expect(err).toContain(`${join(directory, 'index.js')} cannot be loaded: Error: Cannot find package`);
    expect(err).toContain('npm install');
    expect(code).toBe(2);
  });
});

describe('cyborg-driver record', () => {
  it('makes a fixture without identities, on which the driver is then tried', {
    timeout: 60_000,
  }, async () => {
    const directory = acmePackage();
    const words = ['record', directory, '--name', 'lab', '--root', machineRoot()];
    const recorded = await cyborgDriver(...words);
    expect(recorded.err).toBe('');
    expect(recorded.out).toContain('devices 0000:05:00.0, 0000:06:00.0; ');
    const text = readFileSync(join(directory, 'fixtures/lab.recording.json'), 'utf8');
    expect(text).not.toContain(serial);
    expect(Recording.parse(JSON.parse(text)).provenance).toMatchObject({ driver: 'driver-pci-table 1.0.0' });
    const replayed = await cyborgDriver('test', directory, '--level', 'replay');
    expect(replayed.out).toMatch(/level replay: 10 passed, 0 failed, \d+ not shown\n$/);
    expect(replayed.code).toBe(0);
    expect(await cyborgDriver(...words)).toMatchObject({ code: 2 });
    expect(await cyborgDriver(...words, '--force')).toMatchObject({ code: 0 });
  });

  it('makes one that is tried with simulated machines in one run', { timeout: 180_000 }, async () => {
    const directory = acmePackage();
    await cyborgDriver('record', directory, '--root', machineRoot());
    const json = join(directory, 'conformance.json');
    const both = await cyborgDriver(
      'test',
      directory,
      '--level',
      'sim,replay',
      '--checks',
      '1,9',
      '--json',
      json,
    );
    expect(both.out).toMatch(/level replay: 2 passed, 0 failed, 0 not shown; level sim: 1 passed, 0 failed/);
    const { level, results } = ConformanceRecord.parse(JSON.parse(readFileSync(json, 'utf8')));
    expect(level).toBe('replay');
    expect(results.map((result) => [result.id, result.level])).toEqual([
      [1, undefined],
      [9, undefined],
      [9, 'sim'],
    ]);
  });

  it('makes none where there is no hardware, nor replays where there is no recording', async () => {
    const directory = acmePackage();
    const root = join(emptyDirectory(), 'bare');
    buildMachine({ root, cards: [] });
    const recorded = await cyborgDriver('record', directory, '--root', root);
    expect(recorded).toMatchObject({ code: 1, out: '' });
    expect(recorded.err).toContain('found no device on this machine');
    expect(existsSync(join(directory, 'fixtures'))).toBe(false);
    const replayed = await cyborgDriver('test', directory, '--level', 'replay');
    expect(replayed.code).toBe(2);
    expect(replayed.err).toContain('cyborg-driver record');
  });
});
