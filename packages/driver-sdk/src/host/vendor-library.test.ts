import { describe, expect, it } from 'vitest';
import { attachRequest, failureOf, fixturePackage, hostOf, runningHostOf } from '../../test/host-bench.ts';
import { createRealMachine } from '../machine/create-real-machine.ts';
import { withLibraries } from '../machine/with-libraries.ts';
import type { AuditEntry } from './audit-entry.ts';
import type { DriverHostOptions } from './driver-host.ts';

async function bench(options: Partial<DriverHostOptions> = {}) {
  const audited: AuditEntry[] = [];
  const made = await runningHostOf('uses-library', { audit: (entry) => audited.push(entry), ...options });
  const attach = (does: Record<string, string>, callOptions = {}) =>
    made.host.call('attach', { ...attachRequest(), options: does }, { callId: 'call-1', ...callOptions });
  return { ...made, audited, attach };
}

function packageWith(ports: Record<string, 'read' | 'write'>, native = false) {
  const found = fixturePackage('uses-library');
  const permissions = { ...found.manifest.permissions, ports, native };
  return { ...found, manifest: { ...found.manifest, permissions } };
}

describe("a vendor's library, called through a port", () => {
  it("is called in the driver's process, and what changes something is audited once", async () => {
    const { audited, attach, host } = await bench({ config: {} });
    expect(await attach({})).toMatchObject({ info: { mode: 'guest', calls: '1' } });
    expect(await host.call('status', attachRequest())).toBe('attached');
    expect(audited).toEqual([
      {
        driver: 'uses-library',
        callId: 'call-1',
        during: 'attach',
        device: 'card-0',
        dryRun: false,
        ok: true,
        failure: null,
        durationMs: expect.any(Number),
        verb: 'invoke',
        port: 'acmeml',
        method: 'setMode',
        argument: '{"card":"handle-0","mode":"guest"}',
      },
    ]);
  });

  it('is asked but not changed in a dry run, whose plan has the change', async () => {
    const { audited, attach, host } = await bench();
    const plan = await host.plan('attach', { ...attachRequest(), options: {} });
    expect(plan).toEqual([
      { verb: 'invoke', port: 'acmeml', method: 'setMode', argument: '{"card":"handle-0","mode":"guest"}' },
    ]);
    expect(audited).toMatchObject([{ dryRun: true, ok: true }]);
    expect(await attach({})).toMatchObject({ info: { calls: '1' } });
  });

  it('changes nothing while the driver only looks', async () => {
    const { audited, host, attach } = await bench();
    expect(await failureOf(host.call('discover', {}))).toMatchObject({
      code: 'denied',
      message: 'discover only looks: it may change nothing, and not acmeml.setMode',
    });
    expect(audited).toMatchObject([{ during: 'discover', ok: false, failure: { code: 'denied' } }]);
    expect(await attach({})).toMatchObject({ info: { calls: '1' } });
  });

  it('fails as the driver is told, and as the audit has it', async () => {
    const { attach, audited } = await bench();
    const failure = { code: 'hardware', message: 'acmeml.setMode failed: ACME_ERROR_7' };
    expect(await failureOf(attach({ card: 'broken' }))).toMatchObject(failure);
    expect(audited).toMatchObject([{ ok: false, failure }]);
  });

  it('is not waited for beyond the deadline when it only looks', async () => {
    const { attach, host } = await bench();
    const before = host.processId;
    expect(await failureOf(attach({ does: 'wait' }, { deadlineMs: 200 }))).toMatchObject({ code: 'timeout' });
    expect(host.processId).toBe(before);
  });

  it('is told when the call is cancelled, and waited for when it changes something', async () => {
    const { attach, host, audited } = await bench();
    const before = host.processId;
    const cancel = new AbortController();
    const call = attach({ does: 'wait well' }, { signal: cancel.signal });
    setTimeout(() => cancel.abort(), 200);
    expect(await failureOf(call)).toMatchObject({ code: 'canceled' });
    expect(audited).toMatchObject([{ method: 'waitWell', ok: true }]);
    expect(host.processId).toBe(before);
  });

  it('is a double where the machine brings one', async () => {
    const asked: unknown[] = [];
    const double = {
      mode: () => ({ mode: 'double', calls: 0 }),
      setMode: (argument: unknown) => void asked.push(argument),
    };
    const machine = withLibraries(createRealMachine({ root: '/tmp' }), { acmeml: { open: () => double } });
    const { attach } = await bench({ machine });
    expect(await attach({})).toMatchObject({ info: { mode: 'double' } });
    expect(asked).toEqual([{ card: 'handle-0', mode: 'guest' }]);
  });

  it("needs the manifest's word, for addons too", async () => {
    const { host } = hostOf('uses-library', { package: packageWith({ acmeml: 'read', addon: 'read' }) });
    await host.start();
    expect(host.status()).toMatchObject({
      state: 'incompatible',
      failure: { message: expect.stringContaining('cyborgDriver.permissions.ports is {"acmeml":"read"') },
    });
    const { attach } = await bench();
    expect(await failureOf(attach({ does: 'open the addon' }))).toMatchObject({
      code: 'denied',
      message: expect.stringContaining('the library of port addon cannot be opened'),
      hint: 'Its manifest must say that it loads addons: permissions.native.',
    });
  });

  it('may be an addon when the manifest says so', async () => {
    const { attach } = await bench({ package: packageWith({ acmeml: 'write', addon: 'read' }, true) });
    expect(await failureOf(attach({ does: 'open the addon' }))).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('file too short'),
    });
  });
});
