import { describe, expect, it } from 'vitest';
import { fixtureDirectory } from '../../test/fixture.ts';
import {
  attachRequest,
  failureOf,
  fixturePackage,
  hostOf,
  runningHostOf,
  until,
} from '../../test/host-bench.ts';
import { createRealMachine } from '../machine/create-real-machine.ts';
import { resolveDriverPackage } from './resolve-driver-package.ts';

describe('a process of the protocol before', () => {
  const packageOf = () => {
    const found = fixturePackage('speaks-protocol-1');
    const runtime: { command: [string] } = { command: [process.execPath] };
    return { ...found, manifest: { ...found.manifest, runtime } };
  };

  it('works as it did', async () => {
    const { host } = await runningHostOf('speaks-protocol-1', { package: packageOf() });
    expect(await host.call('discover', {})).toEqual([]);
    await host.call('attach', attachRequest());
    expect(await host.call('status', attachRequest())).toBe('attached');
    await host.call('detach', attachRequest());
    expect(await host.call('status', attachRequest())).toBe('detached');
  });

  it('is told the older of two contracts that the host serves, and works by it', async () => {
    const before = packageOf();
    const { api } = resolveDriverPackage({ directory: before.directory }, ['2.0.0', '1.4.0']);
    const { host, lines } = await runningHostOf('speaks-protocol-1', { package: { ...before, api } });
    await host.call('discover', {});
    expect(lines.map(({ message }) => message)).toContain('keeps to contract 1.4.0 in protocol 1');
  });

  it('is of no use for a machine that only the host has', async () => {
    const machine = createRealMachine({ root: '/tmp' });
    const { host } = hostOf('speaks-protocol-1', { package: packageOf(), machine });
    await host.start();
    expect(host.status()).toMatchObject({
      state: 'incompatible',
      failure: {
        message:
          'driver speaks-protocol-1 cannot start: it speaks protocol 1 only, which cannot ask the host for anything',
      },
    });
  });
});

describe('the version of the contract', () => {
  it('before 1.1 has no hint of health: what a driver says of one is a reason to look again', async () => {
    const { hints } = await runningHostOf('good', {
      package: { ...fixturePackage('good'), api: '1.0.0' },
    });
    await until(() => hints.length > 1);
    expect(hints[1]).toEqual({ type: 'rescan', reason: 'card-0 is failed: it is hot' });
  });

  const apiOf = (range: string, served: readonly string[]): string =>
    resolveDriverPackage({ directory: fixtureDirectory(range) }, served).api;

  it('is the highest that both sides know', () => {
    expect(apiOf('good', ['2.3.0', '1.4.0'])).toBe('1.4.0');
    expect(apiOf('wants-newer-api', ['2.1.0', '1.4.0'])).toBe('2.1.0');
  });

  it('is looked at before any line of the driver runs', () => {
    const directory = fixtureDirectory('exits-at-load');
    expect(() => resolveDriverPackage({ directory }, ['3.0.0'])).toThrow(/this host speaks 3.0.0$/);
  });

  it('is refused with both ranges when there is none', () => {
    expect(() => apiOf('good', ['3.0.0', '2.3.0'])).toThrow(
      /cyborgDriver.api: it works with driver contract "\^1.0", this host speaks 3.0.0 and 2.3.0$/,
    );
  });
});

describe('a runtime that is not installed', () => {
  it('leaves the driver incompatible and says what is missing', async () => {
    const found = fixturePackage('speaks-protocol-1');
    const runtime: { command: [string] } = { command: ['/usr/bin/no-such-runtime'] };
    const { host } = hostOf('speaks-protocol-1', {
      package: { ...found, manifest: { ...found.manifest, runtime } },
    });
    await host.start();
    expect(host.status()).toMatchObject({ state: 'incompatible' });
    expect(await failureOf(host.call('discover', {}))).toMatchObject({
      message: expect.stringContaining('needs /usr/bin/no-such-runtime, which is not installed'),
    });
  });
});
