import { describe, expect, it } from 'vitest';
import { type DeviceConditions, listByConditions } from '../src/commands/device-conditions.ts';
import { collect } from '../src/commands/list-limit.ts';
import { type DeviceVerb, planChange } from '../src/commands/plan-change.ts';
import { createCyborgClient } from '../src/cyborg-client.ts';
import { aDevice } from './a-device.ts';
import { anOperation } from './an-operation.ts';
import { cyborgAgainst, posts, serve } from './cyborg-against.ts';
import { runCyborg } from './run-cyborg.ts';
import { aProblem } from './scripted-service.ts';

const id = (last: number) => `3f2a91c0-0000-4000-8000-00000000000${last}`;
const [part] = aDevice().deployables;
const free = part === undefined ? [] : [{ ...part, handles: [] }];
const found = aDevice({ id: id(1), state: 'discovered', deployables: free });
const failed = aDevice({ id: id(2), state: 'install_failed', address: '0000:84:00.0', host: 'node-2' });
const ready = aDevice({ id: id(3), address: '0000:85:00.0', model: 'NVIDIA L4', deployables: free });
const held = aDevice({ id: id(4), address: '0000:86:00.0', driver: 'fpga', model: 'Agilex 7' });
const devices = [found, failed, ready, held];

const done = (last: number) => anOperation({ id: id(last), deviceId: id(last), state: 'succeeded' });
const begun = (verb: string, last: number) => ({
  [`POST /v3/devices/${id(last)}/${verb}`]: { status: 202, body: done(last) },
});
const answers = { ...begun('ready', 1), ...begun('ready', 2), ...begun('uninstall', 3) };
const world = { devices, answers, operations: [1, 2, 3].map((last) => [done(last)]) };
const cyborg = (...args: readonly string[]) => cyborgAgainst(world, 'device', ...args);

describe('conditions', () => {
  it.each<[DeviceConditions, readonly number[], string]>([
    [{ host: 'node-?' }, [1, 2, 3, 4], ''],
    [{ host: 'node-2' }, [2], '?host=node-2'],
    [{ driver: 'f*', state: 'ready' }, [4], '?state=ready'],
    [{ model: 'nvidia*', host: '*-1' }, [1, 3], ''],
    [{ trait: 'CUSTOM_GPU_*', state: 'ready' }, [3, 4], '?state=ready'],
    [{ trait: 'CUSTOM_NONE' }, [], ''],
    [{ search: 'h200', driver: 'gpu', kind: 'GPU' }, [1, 2, 3, 4], '?driver=gpu&kind=GPU&q=h200'],
  ])('%j choose %j, the service being asked for %j', async (conditions, expected, query) => {
    const service = await serve({ devices });
    const client = createCyborgClient({ endpoint: service.endpoint });
    const chosen = await collect(listByConditions(client, conditions, {}));
    await client.close();
    expect(chosen.map((device) => device.id)).toEqual(expected.map(id));
    expect(service.seen[0]?.url).toBe(`/v3/devices${query}`);
  });
});

describe('a plan', () => {
  it.each<[DeviceVerb, readonly (string | null)[]]>([
    ['ready', [null, null, 'it is ready', 'it is ready']],
    ['disable', ['it is discovered', 'it is install_failed', null, null]],
    ['enable', ['it is discovered', 'it is install_failed', 'it is ready', 'it is ready']],
    ['uninstall', ['it is discovered', 'it is in use', null, 'it is in use']],
  ])('to %s leaves alone what that is not possible for', (verb, expected) =>
    expect(planChange(verb, devices).map(({ leftBecause }) => leftBecause)).toEqual(expected),
  );
});

describe.concurrent('devices that are chosen by conditions', () => {
  it('are shown with --dry-run, with what is left alone and why, and nothing is asked for', async () => {
    const run = await cyborg('ready', '--host', '*', '--dry-run');
    expect(run).toMatchObject({ code: 0, err: 'ready: 2 devices; 2 are left alone\n' });
    expect(run.out).toMatch(
      /discovered +ok +0\/0 +ready\n.*install_failed.* ready\n.*nothing: it is ready\n/,
    );
    expect(posts(run.service)).toEqual([]);
  });

  it('are shown as data with --json', async () => {
    const run = await cyborg('uninstall', '--state', 'ready', '--dry-run', '--json');
    expect(JSON.parse(run.out)).toMatchObject([
      { deviceId: ready.id, host: 'node-1', state: 'ready', action: 'uninstall', leftBecause: null },
      { deviceId: held.id, action: null, leftBecause: 'it is in use' },
    ]);
  });

  it('need --yes where there is no terminal, before anything is looked at', async () => {
    const run = await cyborg('ready', '--state', 'discovered');
    expect(run).toMatchObject({ code: 2, out: '', err: expect.stringContaining('add --yes, or look first') });
    expect(run.service.seen).toEqual([]);
  });

  it('are all made ready with --yes', async () => {
    const run = await cyborg('ready', '--host', 'node-*', '--yes');
    expect(run.code).toBe(0);
    expect(run.err).toContain('ready: 2 devices; 2 are left alone\n');
    expect(run.out).toContain('install node-1:0000:83:00.0: done\ninstall node-2:0000:84:00.0: done\n');
    expect(posts(run.service).toSorted()).toEqual([
      `/v3/devices/${id(1)}/ready`,
      `/v3/devices/${id(2)}/ready`,
    ]);
  });

  it('that are refused in part are named, and the exit code says so', async () => {
    const refused = aProblem(409, 'state.not_allowed', { detail: 'it is installing' });
    const run = await cyborgAgainst(
      { ...world, answers: { ...answers, [`POST /v3/devices/${id(1)}/ready`]: refused } },
      ...['device', 'ready', '--host', '*', '--yes', '--json'],
    );
    expect(run.code).toBe(1);
    expect(run.err).toContain('error: node-1:0000:83:00.0: it is installing');
    expect(run.err).toContain('1 of 2 devices: refused or failed\n');
    expect(JSON.parse(run.out)).toMatchObject([
      { deviceId: id(1), operation: null, error: { code: 'state.not_allowed' } },
      { deviceId: id(2), operation: { state: 'succeeded' }, error: null },
    ]);
  });

  it('that are none are no error', async () => {
    const run = await cyborg('enable', '--state', 'disabled', '--yes', '--json');
    expect(run).toMatchObject({ code: 0, out: '[]\n' });
  });

  it.each([
    [['ready'], /^error: which devices\? Name them, or give conditions: --host/],
    [['disable', '3f2a', '--host', 'a'], /^error: name devices or give conditions, not both/],
  ])('%j is refused', async (words, message) => {
    const run = await runCyborg(['device', ...words], { CYBORG_ENDPOINT: 'http://127.0.0.1:9' });
    expect(run).toMatchObject({ code: 2, err: expect.stringMatching(message) });
  });

  it('may be named for a look as well', async () => {
    const run = await cyborg('disable', id(1), id(3), '--dry-run', '-q');
    expect(run).toMatchObject({ code: 0, out: `${id(3)}\n` });
    expect(posts(run.service)).toEqual([]);
  });
});
