import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AttachRequest } from '@cyborgjs/driver-sdk';
import { failedChecks, renderTerminal, runConformance } from '@cyborgjs/driver-sdk/conformance';
import { createDriverHost, resolveDriverPackage } from '@cyborgjs/driver-sdk/host';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fixtures } from '../fixtures/index.ts';
import packageJson from '../package.json' with { type: 'json' };
import { formatDeviceFile } from './device-file.ts';
import { fileDriver } from './index.ts';

describe('the file driver', () => {
  it('conforms, and shows every check but one', { timeout: 120_000 }, async () => {
    const found = resolveDriverPackage({ directory: fileURLToPath(new URL('..', import.meta.url)) });
    const report = await runConformance({ driver: fileDriver, packageJson, fixtures, package: found });
    expect(renderTerminal({ ...report, results: failedChecks(report) }, { color: false })).toContain(
      '0 failed',
    );
    // Nobody can be seen to use a file.
    expect(report.results.flatMap(({ name, outcome }) => (outcome === 'not-shown' ? [name] : []))).toEqual([
      'busy',
    ]);
  });

  it('gives a file of this machine to one owner at a time, from a process of its own', async () => {
    const { host, file } = await hostOnThisMachine();
    const [device] = await host.call('discover', {});
    expect(device).toMatchObject({
      identity: 'SN-1',
      model: 'Drum',
      address: 'drum',
      health: { state: 'ok' },
    });
    expect(await host.call('attach', requestOf('alice'))).toMatchObject({
      type: 'CDI',
      info: { path: file },
    });
    expect(readFileSync(file, 'utf8')).toMatch(/^owner=alice +\nserial=SN-1\nmodel=Drum\n$/);
    await expect(host.call('attach', requestOf('bob'))).rejects.toMatchObject({
      code: 'in_use',
      message: expect.stringContaining('alice'),
    });
    await expect(host.call('detach', requestOf('bob'))).rejects.toMatchObject({ code: 'in_use' });
    expect(await host.call('status', requestOf('alice'))).toBe('attached');
    await host.call('detach', requestOf('alice'));
    expect(readFileSync(file, 'utf8')).toBe(formatDeviceFile('SN-1', 'Drum'));
  });

  it('says what to do when its directory is not there, rather than that there are no devices', async () => {
    const { host, directory } = await hostOnThisMachine();
    rmSync(directory, { recursive: true });
    await expect(host.call('discover', {})).rejects.toMatchObject({
      code: 'unavailable',
      message: `there is no directory ${directory}`,
    });
  });

  it('refuses a directory that its manifest does not let it touch', () => {
    expect(fileDriver.config.safeParse({ directory: '/etc' }).error?.issues[0]?.message).toBe(
      'must be an absolute path that ends in /file-devices',
    );
  });
});

async function hostOnThisMachine() {
  const above = mkdtempSync(join(tmpdir(), 'file-driver-'));
  onTestFinished(() => rmSync(above, { recursive: true }));
  const directory = join(above, 'file-devices');
  const file = join(directory, 'drum.device');
  mkdirSync(directory);
  writeFileSync(file, formatDeviceFile('SN-1', 'Drum'));
  const host = createDriverHost({
    package: resolveDriverPackage({ directory: fileURLToPath(new URL('..', import.meta.url)) }),
    config: { directory },
    machine: { kind: 'real', root: '/' },
    log: () => {},
  });
  onTestFinished(() => host.stop());
  await host.start();
  return { host, directory, file };
}

const requestOf = (owner: string): AttachRequest => ({
  device: { identity: 'SN-1', address: 'drum' },
  handle: { id: 'drum', type: 'CDI' },
  consumer: { type: 'host', id: owner, via: 'direct' },
  options: {},
});
