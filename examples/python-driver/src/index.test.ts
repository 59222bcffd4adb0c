import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AttachRequest } from '@cyborgjs/driver-sdk';
import { failedChecks, renderTerminal, runConformance } from '@cyborgjs/driver-sdk/conformance';
import {
  type AuditEntry,
  createDriverHost,
  createHostedDriver,
  resolveDriverPackage,
} from '@cyborgjs/driver-sdk/host';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fixtures } from '../fixtures/index.ts';
import packageJson from '../package.json' with { type: 'json' };

const found = resolveDriverPackage({ directory: fileURLToPath(new URL('..', import.meta.url)) });
const python = found.manifest.runtime?.command[0] ?? '';

describe.skipIf(!existsSync(python))(`the driver in Python (needs ${python})`, () => {
  it('conforms, in processes that really die', { timeout: 300_000 }, async () => {
    const { driver, crash, close } = createHostedDriver(found);
    onTestFinished(close);
    const report = await runConformance({ driver, crash, packageJson, fixtures });
    expect(renderTerminal({ ...report, results: failedChecks(report) }, { color: false })).toContain(
      '0 failed',
    );
    const shown = report.results.filter(({ outcome }) => outcome === 'passed').map(({ name }) => name);
    expect(shown).toEqual(expect.arrayContaining(['life-cycle', 'crash-around-i', 'cancel-at-i', 'dry-run']));
  });

  it('gives a file of this machine to one owner at a time, by writes that the host does', async () => {
    const above = mkdtempSync(join(tmpdir(), 'python-driver-'));
    onTestFinished(() => rmSync(above, { recursive: true }));
    const directory = join(above, 'file-devices');
    const file = join(directory, 'drum.device');
    mkdirSync(directory);
    writeFileSync(file, `owner=${' '.repeat(64)}\nserial=SN-1\nmodel=Drum\n`);
    const audited: AuditEntry[] = [];
    const host = createDriverHost({
      package: found,
      config: { directory },
      machine: { kind: 'real', root: '/' },
      log: () => {},
      audit: (entry) => audited.push(entry),
    });
    onTestFinished(() => host.stop());
    await host.start();
    expect(await host.call('discover', {})).toMatchObject([{ identity: 'SN-1', address: 'drum' }]);
    await host.call('attach', requestOf('alice'));
    expect(readFileSync(file, 'utf8')).toMatch(/^owner=alice +\nserial=SN-1\nmodel=Drum\n$/);
    await expect(host.call('attach', requestOf('bob'))).rejects.toMatchObject({
      code: 'in_use',
      message: expect.stringContaining('alice'),
    });
    await host.call('detach', requestOf('alice'));
    expect(audited).toMatchObject([
      { verb: 'write', during: 'attach', realPath: file, ok: true },
      { verb: 'write', during: 'detach', realPath: file, ok: true },
    ]);
  });
});

const requestOf = (owner: string): AttachRequest => ({
  device: { identity: 'SN-1', address: 'drum' },
  handle: { id: 'drum', type: 'CDI' },
  consumer: { type: 'host', id: owner, via: 'direct' },
  options: {},
});
