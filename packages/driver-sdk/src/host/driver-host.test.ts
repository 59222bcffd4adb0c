import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { attachRequest, failureOf, hostOf, runningHostOf, until } from '../../test/host-bench.ts';
import { buildMachine, createSimulatedMachine, sriovNic } from '../simulator/index.ts';

describe('a driver in its process', () => {
  it('answers its verbs, and says what it is', async () => {
    const { host, root } = await runningHostOf('good', { config: { cards: 2 } });
    const devices = await host.call('discover', {});
    expect(devices.map(({ identity }) => identity)).toEqual(['card-0', 'card-1']);
    expect(await host.call('status', attachRequest())).toBe('detached');
    expect(await host.call('attach', attachRequest())).toEqual({
      type: 'TEST_PCI',
      info: { id: 'handle-0' },
    });
    expect(await host.call('status', attachRequest())).toBe('attached');
    expect(readFileSync(join(root, 'cards/handle-0'), 'utf8')).toBe('tester\n');
    expect(await host.call('detach', attachRequest())).toBeUndefined();
    expect(await host.call('stats', [{ identity: 'card-1', address: 'slot-1' }])).toEqual({
      'card-1': { temperature: 40 },
    });
    expect(host.status()).toEqual({
      id: 'good',
      package: 'driver-good',
      version: '1.0.0',
      state: 'running',
      verbs: ['discover', 'status', 'attach', 'detach', 'install', 'stats', 'watch'],
      restarts: 0,
      failure: null,
    });
  });

  it('sends a list of a thousand devices', async () => {
    const { host } = await runningHostOf('good', { config: { cards: 1000 } });
    expect(await host.call('discover', {})).toHaveLength(1000);
  });

  it('tells hints, log lines, output and an audit line for each write', async () => {
    const { host, hints, lines } = await runningHostOf('good');
    await host.call('discover', {}, { callId: 'operation-1' });
    await host.call('attach', attachRequest(), { callId: 'operation-2' });
    await until(() => hints.length > 1 && lines.some(({ source }) => source === 'stdout'));
    expect(hints).toEqual([
      { type: 'rescan', reason: 'a card was plugged in' },
      { type: 'health', device: 'card-0', health: { state: 'failed', reason: 'it is hot' } },
    ]);
    expect(lines).toContainEqual({
      driver: 'good',
      source: 'driver',
      level: 'info',
      message: 'looks around',
      callId: 'operation-1',
      facts: { cards: 1 },
    });
    expect(lines).toContainEqual({ driver: 'good', source: 'stdout', level: 'info', message: 'found cards' });
    const audit = { audit: true, verb: 'write', path: '/cards/handle-0', text: 'tester\n', ok: true };
    expect(lines.find(({ callId }) => callId === 'operation-2')).toMatchObject({
      message: 'write',
      facts: audit,
    });
  });

  it('has its failures told whole', async () => {
    const { host } = await runningHostOf('good');
    expect(await failureOf(host.call('attach', attachRequest(7)))).toMatchObject({
      name: 'DriverError',
      code: 'not_found',
      message: 'no handle handle-7',
      retry: 'never',
      device: 'handle-7',
      hint: 'Look again.',
      cause: { message: 'the slot is empty' },
    });
  });

  it('may touch only what its manifest names', async () => {
    const { host } = await runningHostOf('good');
    const request = { device: attachRequest().device, options: {} };
    const failure = await failureOf(host.call('install', request));
    expect(failure).toMatchObject({ code: 'denied', message: 'the driver may not write /etc/passwd' });
  });

  it('writes nothing when it plans, and does exactly that plan afterwards', async () => {
    const { host, lines, root } = await runningHostOf('good');
    const plan = await host.plan('attach', attachRequest());
    expect(plan).toEqual([{ verb: 'write', path: '/cards/handle-0', text: 'tester\n' }]);
    expect(readFileSync(join(root, 'cards/handle-0'), 'utf8')).toBe('\n');
    await host.call('attach', attachRequest(), { callId: 'real' });
    const done = lines.filter(({ callId, facts }) => callId === 'real' && facts?.audit === true);
    expect(done.map(({ facts }) => facts)).toMatchObject(plan);
  });

  it('may answer only metrics that its manifest declares', async () => {
    const { host } = await runningHostOf('good');
    const failure = await failureOf(host.call('stats', [{ identity: 'card-7', address: 'slot-7' }]));
    expect(failure).toMatchObject({
      code: 'internal',
      message: 'driver good answered stats with magic; it declares temperature',
    });
  });

  it('is not asked for a verb that it does not declare', async () => {
    const { host } = await runningHostOf('good');
    const request = { ...attachRequest(), image: '/image' };
    expect(await failureOf(host.call('program', request))).toMatchObject({
      code: 'unsupported',
      retry: 'never',
    });
  });

  it('is not there before its start and after its stop', async () => {
    const { host } = hostOf('good');
    expect(await failureOf(host.call('discover', {}))).toMatchObject({ code: 'unavailable', retry: 'later' });
    await host.start();
    await host.stop();
    expect(await failureOf(host.call('discover', {}))).toMatchObject({
      code: 'unavailable',
      message: 'driver good is not running (stopped)',
    });
    await host.start();
    expect(await host.call('discover', {})).toHaveLength(1);
  });

  it('takes calls while it is starting', async () => {
    const { host } = hostOf('good');
    const start = host.start();
    expect(await host.call('discover', {})).toHaveLength(1);
    await start;
  });
});

describe('a driver on a simulated machine', () => {
  it('finds its cards, attaches and detaches, while others look at the same machine', async () => {
    const root = mkdtempSync(join(tmpdir(), 'simulated-machine-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    const address = '0000:17:00.0';
    buildMachine({ root, cards: [sriovNic({ address, numVfs: 2 })] });
    const { host } = await runningHostOf('pci-table', { machine: { kind: 'simulated', root } });

    const [card] = await host.call('discover', {});
    expect(card).toMatchObject({ kind: 'NIC', vendor: '8086', address });
    const [handle] = card?.deployables[0]?.handles ?? [];
    if (card === undefined || handle === undefined) throw new Error('there is no card with a handle');
    const request = { ...attachRequest(), device: { identity: card.identity ?? '', address }, handle };
    await host.call('attach', request);
    expect(await host.call('status', request)).toBe('attached');
    expect(await createSimulatedMachine({ root }).link(`/sys/bus/pci/devices/${handle.id}/driver`)).toBe(
      'vfio-pci',
    );
    await host.call('detach', request);
    expect(await host.call('status', request)).toBe('detached');
  });
});

describe('an answer that is not what the contract says', () => {
  it.each([
    ['discover', 'driver answers-garbage answered garbage to discover: 0.health.state: '],
    ['status', 'driver answers-garbage answered garbage to status: .: '],
    ['attach', 'TypeError: Do not know how to serialize a BigInt'],
    ['program', 'driver answers-garbage answered garbage to program: version: '],
  ] as const)('is internal and names the place: %s', async (verb, message) => {
    const { host } = await runningHostOf('answers-garbage');
    const failure = await failureOf(host.call(verb, { ...attachRequest(), image: '/image' } as never));
    expect(failure).toMatchObject({ code: 'internal', retry: 'never' });
    expect(failure.message).toContain(message);
    expect(host.status().state).toBe('running');
  });
});
