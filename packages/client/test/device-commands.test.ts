import { describe, expect, it } from 'vitest';
import { aDevice } from './a-device.ts';
import { anOperation } from './an-operation.ts';
import { cyborgAgainst, posts } from './cyborg-against.ts';
import { aProblem } from './scripted-service.ts';

const first = aDevice({ state: 'discovered' });
const second = aDevice({
  id: '3f2b0000-0000-4000-8000-000000000002',
  address: '0000:84:00.0',
  host: 'sim-node',
  simulated: true,
});
const devices = [first, second];

describe.concurrent('cyborg device list', () => {
  it('prints a table to standard output and remarks to standard error', async () => {
    const run = await cyborgAgainst({ devices }, 'device', 'list');
    expect(run).toMatchObject({ code: 0, err: 'simulated: no such hardware exists.\n' });
    expect(run.out.split('\n')).toHaveLength(4);
    expect(run.out).toMatch(/^ID .*\n3f2a91c0-\S+ +node-1 .*\n3f2b0000-\S+ +sim-node .* simulated\n$/);
  });

  it('prints one document with --json, before or after the command', async () => {
    const [before, after] = await Promise.all([
      cyborgAgainst({ devices }, '--json', 'device', 'list'),
      cyborgAgainst({ devices }, 'device', 'list', '--json'),
    ]);
    expect(JSON.parse(before.out)).toEqual(devices);
    expect(after).toMatchObject({ out: before.out, err: '', code: 0 });
  });

  it('prints ids only with --quiet', async () => {
    const run = await cyborgAgainst({ devices }, 'device', 'list', '-q');
    expect(run).toMatchObject({ out: `${first.id}\n${second.id}\n`, err: '', code: 0 });
  });

  it('sends its conditions to the service', async () => {
    const run = await cyborgAgainst(
      { devices },
      'device',
      'list',
      '--kind',
      'gpu',
      '--state',
      'ready',
      '--search',
      'h200',
    );
    expect(run.service.seen[0]?.url).toBe('/v3/devices?kind=GPU&state=ready&q=h200');
  });

  it('stops at --limit', async () => {
    const run = await cyborgAgainst({ devices, pageSize: 1 }, 'device', 'list', '-q', '--limit', '1');
    expect(run.out).toBe(`${first.id}\n`);
    expect(run.service.seen).toHaveLength(1);
  });

  it('prints nothing to standard output when nothing fits', async () => {
    const run = await cyborgAgainst({}, 'device', 'list');
    expect(run).toMatchObject({ code: 0, out: '' });
    expect(run.err).toContain('cyborg discover HOST');
  });
});

describe.concurrent('cyborg device show', () => {
  it.each([
    ['a whole id', first.id],
    ['the beginning of one', '3f2a'],
    ['host:address', 'node-1:0000:83:00.0'],
    ['host:address without domain', 'node-1:83:00.0'],
  ])('takes %s', async (_what, text) => {
    const run = await cyborgAgainst({ devices }, 'device', 'show', text, '--json');
    expect(JSON.parse(run.out)).toEqual(first);
  });

  it.each([
    ['3f2', /^error: "3f2" is no device: give an id, at least its first 4 characters, or host:address/, 2],
    ['../secrets', /^error: "..\/secrets" is no device/, 2],
    ['ffff', /^error: no device has an id that begins with "ffff"/, 2],
    ['node-1:0000:99:00.0', /^error: no device at "node-1:0000:99:00.0": there are 0000:83:00.0/, 2],
    ['node-9:0000:99:00.0', /there is none on host "node-9"/, 2],
    [
      '99999999-0000-4000-8000-000000000009',
      /no device "9999.*list the devices \(GET http.*404 device.not_found\)/,
      1,
    ],
  ])('says about "%s" what is wrong', async (text, message, code) => {
    const run = await cyborgAgainst({ devices }, 'device', 'show', text);
    expect(run).toMatchObject({ code, out: '', err: expect.stringMatching(message) });
    expect(run.err.trimEnd()).not.toContain('\n');
  });

  it('names the candidates when the beginning fits more than one', async () => {
    const alike = aDevice({ id: '3f2a9999-0000-4000-8000-000000000003', address: '0000:85:00.0' });
    const run = await cyborgAgainst({ devices: [first, alike] }, 'device', 'show', '3f2a');
    expect(run.code).toBe(2);
    expect(run.err).toContain(`${first.id} (node-1:0000:83:00.0), ${alike.id} (node-1:0000:85:00.0)`);
  });
});

it('cyborg device health shows how a device felt, why, and for how long', async () => {
  const since = '2025-11-22T08:00:00Z';
  const failed = { state: 'failed', reason: 'Xid 79', since, until: '2025-11-22T09:30:00Z' };
  const items = [
    { id: 3, state: 'ok', since: failed.until, until: null },
    { id: 2, ...failed },
  ];
  const page = (count: number) => ({
    status: 200,
    body: { items: items.slice(count, count + 1), next: count === 0 ? '3' : null },
  });
  const answers = { [`GET /v3/devices/${first.id}/health`]: page };
  const run = await cyborgAgainst({ devices, answers }, 'device', 'health', '3f2a');
  expect(run.code).toBe(0);
  expect(run.out).toMatch(/^SINCE +UNTIL +FOR +HEALTH +REASON\n2025-11-22T09:30:00Z +now +\S+ days +ok\n/);
  expect(run.out).toMatch(/\n2025-11-22T08:00:00Z +2025-11-22T09:30:00Z +1 h +failed +Xid 79\n$/);
  expect(run.service.seen.map(({ url }) => url)).toContain(`/v3/devices/${first.id}/health?marker=3`);
});

describe.concurrent('cyborg device ready', () => {
  const running = anOperation({ deviceId: first.id });
  const done = anOperation({ deviceId: first.id, state: 'succeeded', progress: 1 });
  const begun = { status: 202, body: { ...running, state: 'pending', progress: null, note: null } };
  const readyFirst = { [`POST /v3/devices/${first.id}/ready`]: begun };

  it('waits to the end and tells of changes line by line where there is no terminal', async () => {
    const run = await cyborgAgainst(
      { devices, operations: [[running, done]], answers: readyFirst },
      'device',
      'ready',
      '3f2a',
    );
    expect(run).toMatchObject({
      code: 0,
      out: 'install node-1:0000:83:00.0: done\n',
      err: 'install node-1:0000:83:00.0: running, 42 %, making virtual functions\n',
    });
    expect(run.service.seen.find(({ method }) => method === 'POST')?.headers).toHaveProperty(
      'idempotency-key',
    );
  });

  it('only begins with --no-wait, and says how to wait', async () => {
    const run = await cyborgAgainst({ devices, answers: readyFirst }, 'device', 'ready', '3f2a', '--no-wait');
    expect(run).toMatchObject({
      code: 0,
      out: `install node-1:0000:83:00.0: begun as operation ${running.id}\n`,
      err: `To wait: cyborg operation watch ${running.id}\n`,
    });
  });

  it('ends with 1 and the way out when the operation fails', async () => {
    const failed = anOperation({
      state: 'failed',
      error: { code: 'driver.hardware', message: 'the card is dead', hint: 'replace it' },
    });
    const run = await cyborgAgainst(
      { devices, operations: [[failed]], answers: readyFirst },
      'device',
      'ready',
      '3f2a',
    );
    expect(run).toMatchObject({ code: 1, out: '' });
    expect(run.err).toMatch(
      /^error: install node-1:0000:83:00.0: failed: the card is dead; what helps: replace it\n$/,
    );
  });

  it('goes on with the others when one is refused, and reports all in one document', async () => {
    const refused = aProblem(409, 'state.not_allowed', { detail: 'device is ready' });
    const answers = { ...readyFirst, [`POST /v3/devices/${second.id}/ready`]: refused };
    const run = await cyborgAgainst(
      { devices, operations: [[done]], answers },
      ...['device', 'ready', second.id, 'node-1:83:00.0', '3f2a', '--json'],
    );
    expect(run.code).toBe(1);
    expect(JSON.parse(run.out)).toEqual([
      {
        deviceId: second.id,
        operation: null,
        error: {
          code: 'state.not_allowed',
          status: 409,
          detail: 'device is ready',
          details: {},
          requestId: 'req-77',
        },
      },
      { deviceId: first.id, operation: done, error: null },
    ]);
    expect(posts(run.service)).toHaveLength(2);
  });

  it('does nothing at all when one of the devices cannot be found', async () => {
    const run = await cyborgAgainst({ devices, answers: readyFirst }, 'device', 'ready', '3f2a', 'ffff');
    expect(run.code).toBe(2);
    expect(posts(run.service)).toEqual([]);
  });

  it('prints with --dry-run what would be done as its answer', async () => {
    const attempts = [
      {
        attempt: 1,
        outcome: 'succeeded',
        endedAt: '2025-11-22T09:59:00.000Z',
        plan: [{ verb: 'write', path: '/sys/bus/pci/drivers_probe', text: '0000:83:00.0' }],
        done: { steps: [], left: 0 },
        error: null,
      },
    ];
    const answers = {
      ...readyFirst,
      [`GET /v3/operations/${done.id}/attempts`]: { status: 200, body: { items: attempts, next: null } },
    };
    const world = { devices, operations: [[done]], answers };
    const run = await cyborgAgainst(world, 'device', 'ready', '3f2a', '--dry-run');
    expect(run).toMatchObject({
      code: 0,
      out: 'install node-1:0000:83:00.0 would do:\nwrite /sys/bus/pci/drivers_probe: "0000:83:00.0"\n',
    });
    expect(run.service.seen.find(({ method }) => method === 'POST')?.body).toEqual({ dryRun: true });
  });

  it('passes a layout and options on to the driver', async () => {
    const run = await cyborgAgainst(
      { devices, answers: readyFirst },
      ...[
        'device',
        'ready',
        '3f2a',
        '--profile',
        'eight',
        '--option',
        'a=b=c',
        '--option',
        'd=',
        '--no-wait',
      ],
    );
    expect(run.service.seen.at(-1)?.body).toEqual({ profile: 'eight', options: { a: 'b=c', d: '' } });
  });
});
