import { describe, expect, it } from 'vitest';
import { aDevice } from './a-device.ts';
import { aDriver, aHost } from './a-host.ts';
import { anImage } from './an-image.ts';
import { anOperation } from './an-operation.ts';
import { cyborgAgainst, posts, serve } from './cyborg-against.ts';
import { runCyborg, startCyborg } from './run-cyborg.ts';
import type { ScriptedWorld } from './scripted-service.ts';

const first = aDevice({ state: 'discovered' });
const second = aDevice({
  id: '3f2b0000-0000-4000-8000-000000000002',
  address: '0000:84:00.0',
  host: 'sim-node',
  simulated: true,
});
const devices = [first, second];
const hosts = [aHost(), aHost({ name: 'sim-node', simulated: true })];

describe.concurrent('the other changes', () => {
  it('cyborg device disable tells the new state', async () => {
    const disabled = { ...second, state: 'disabled' as const };
    const answers = { [`POST /v3/devices/${second.id}/disable`]: { status: 200, body: disabled } };
    const run = await cyborgAgainst({ devices, answers }, 'device', 'disable', 'sim-node:0000:84:00.0');
    expect(run).toMatchObject({ code: 0, out: 'sim-node:0000:84:00.0: disabled\n' });
  });

  it('cyborg discover waits for the search of a host', async () => {
    const search = anOperation({ verb: 'discover', deviceId: null });
    const done = anOperation({ verb: 'discover', deviceId: null, state: 'succeeded' });
    const answers = { 'POST /v3/hosts/node-1/discover': { status: 202, body: search } };
    const run = await cyborgAgainst({ operations: [[done]], answers }, 'discover', 'node-1', '--json');
    expect(run.code).toBe(0);
    expect(JSON.parse(run.out)).toEqual(done);
  });

  it('cyborg operation cancel takes the beginning of an id', async () => {
    const operation = anOperation();
    const canceled = anOperation({ state: 'canceled' });
    const answers = { [`POST /v3/operations/${operation.id}/cancel`]: { status: 202, body: canceled } };
    const run = await cyborgAgainst(
      { operations: [[operation]], answers },
      'operation',
      'cancel',
      'aaaa0000',
    );
    expect(run.code).toBe(0);
    expect(run.out).toContain('State     canceled');
  });

  it('cyborg operation watch ends with 1 for one that was canceled', async () => {
    const canceled = anOperation({ state: 'canceled' });
    const run = await cyborgAgainst({ operations: [[canceled]] }, 'operation', 'watch', canceled.id);
    expect(run).toMatchObject({ code: 1, out: 'install node-1 device 3f2a91c0: canceled\n' });
  });
});

describe.concurrent('cyborg image', () => {
  const whole = anImage();
  const cutOff = anImage({ id: 'ffff0000-0000-4000-8000-000000000002', state: 'uploading', received: 3 });
  const list = { 'GET /v3/images': { status: 200, body: { items: [whole, cutOff], next: null } } };

  it('list shows what is uploaded and how much of it is there', async () => {
    const run = await cyborgAgainst({ answers: list }, 'image', 'list');
    expect(run).toMatchObject({ code: 0, err: '' });
    expect(run.out).toMatch(/^ID .*\neeee0000-\S+ +complete +8 +100 % .*\nffff0000-\S+ +uploading +8 +37 % /);
  });

  it('delete takes ids and beginnings of them, and throws each away once', async () => {
    const answers = {
      ...list,
      [`GET /v3/images/${whole.id}`]: { status: 200, body: whole },
      [`DELETE /v3/images/${whole.id}`]: { status: 204, body: '' },
      [`DELETE /v3/images/${cutOff.id}`]: { status: 204, body: '' },
    };
    const run = await cyborgAgainst({ answers }, 'image', 'delete', 'ffff', whole.id, 'eeee0');
    expect(run).toMatchObject({
      code: 0,
      out: `image ${cutOff.id}: deleted\nimage ${whole.id}: deleted\n`,
      err: '',
    });
    const deleted = run.service.seen.filter(({ method }) => method === 'DELETE');
    expect(deleted.map(({ url }) => url)).toEqual([cutOff, whole].map(({ id }) => `/v3/images/${id}`));
  });
});

describe.concurrent('marks', () => {
  it.each([
    ['host', { hosts }],
    ['driver', { hosts, drivers: [aDriver({ host: 'sim-node' })] }],
    ['operation', { hosts, operations: [[anOperation({ host: 'sim-node' })]] }],
    ['device', { devices }],
  ])('of simulated things are in the list of each noun: %s', async (noun, world: ScriptedWorld) => {
    const run = await cyborgAgainst(world, noun, 'list');
    expect(run.out).toMatch(/MARK[\s\S]*simulated/);
  });
});

describe.concurrent('Ctrl-C', () => {
  it('ends the waiting, not the operation, and says how to wait again', async () => {
    const operation = anOperation();
    const service = await serve({ operations: [[operation]] });
    const { child, ended } = startCyborg(['operation', 'watch', operation.id], {
      CYBORG_ENDPOINT: service.endpoint,
    });
    await service.requested(`GET /v3/operations/${operation.id}`);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({
      code: 130,
      err: `stopped waiting; the operation goes on. To wait again: cyborg operation watch ${operation.id}\n`,
    });
    expect(posts(service)).toEqual([]);
  });
});

describe.concurrent('cyborg', () => {
  it('documents exit codes and the environment in its help', async () => {
    const run = await runCyborg(['--help']);
    expect(run.code).toBe(0);
    for (const text of ['CYBORG_ENDPOINT', 'CYBORG_TOKEN_FILE', 'Exit codes:', '130'])
      expect(run.out).toContain(text);
  });

  it('says its version without asking anybody', async () => {
    const run = await runCyborg(['version', '--json'], { CYBORG_ENDPOINT: 'nonsense' });
    expect(JSON.parse(run.out)).toEqual({
      client: expect.stringMatching(/^\d+\.\d+\.\d+/),
      node: process.version,
    });
    expect((await runCyborg(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
