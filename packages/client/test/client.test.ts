import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import {
  type CyborgClient,
  createCyborgClient,
  isCyborgApiError,
  isCyborgConnectionError,
} from '../src/index.ts';
import { aDevice } from './a-device.ts';
import { aHost } from './a-host.ts';
import { anImage } from './an-image.ts';
import { anOperation } from './an-operation.ts';
import {
  aProblem,
  type ScriptedAnswer,
  type ScriptedService,
  type ScriptedWorld,
  startScriptedService,
} from './scripted-service.ts';

const retry = { retries: 0, backoff: { baseMs: 1, capMs: 1 }, retryAfterCapMs: 0 };
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function connect(world: ScriptedWorld): Promise<{ client: CyborgClient; service: ScriptedService }> {
  const service = await startScriptedService(world);
  const client = createCyborgClient({
    endpoint: service.endpoint,
    auth: { token: 'secret' },
    retry,
    newId: () => 'fixed-id',
  });
  open.push(client, service);
  return { client, service };
}

async function readAll(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _item of items) count++;
  return count;
}

const deviceNumber = (index: number) =>
  aDevice({ id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}` });

describe('a collection', () => {
  const devices = [1, 2, 3, 4, 5].map(deviceNumber);

  it('is read page by page to its end', async () => {
    const { client, service } = await connect({ devices, pageSize: 2 });
    const seen: string[] = [];
    for await (const device of client.devices.list()) seen.push(device.id);
    expect(seen).toEqual(devices.map((device) => device.id));
    expect(service.seen).toHaveLength(3);
  });

  it('is read no further than its reader goes', async () => {
    const { client, service } = await connect({ devices });
    for await (const _device of client.devices.list({}, { pageSize: 1 })) break;
    expect(service.seen.map(({ url }) => url)).toEqual(['/v3/devices?limit=1']);
  });

  it('passes conditions on as the query', async () => {
    const { client, service } = await connect({ devices });
    for await (const _device of client.devices.list({ host: 'a/b', kind: 'GPU', q: 'H 200' })) break;
    const query = new URL(service.seen[0]?.url ?? '', service.endpoint).searchParams;
    expect(Object.fromEntries(query)).toEqual({ host: 'a/b', kind: 'GPU', q: 'H 200' });
  });

  it('whose markers go round is given up instead of read for ever', async () => {
    const { client } = await connect({
      answers: { 'GET /v3/devices': { status: 200, body: { items: [], next: 'again' } } },
    });
    await expect(readAll(client.devices.list())).rejects.toThrow('the list would never end');
  });
});

describe('a call', () => {
  it('carries the token, and an intent an idempotency key', async () => {
    const { client, service } = await connect({
      answers: { 'POST /v3/devices/x%2Fy/ready': { status: 202, body: anOperation() } },
    });
    await client.devices.ready('x/y', { profile: 'eight', options: { a: 'b' } });
    expect(service.seen[0]?.headers).toMatchObject({
      'x-auth-token': 'secret',
      'idempotency-key': 'fixed-id',
      'content-type': 'application/json',
    });
  });

  it('whose answer is lost is repeated under the same key', async () => {
    const lost = { status: 502, body: 'Bad Gateway' };
    const service = await startScriptedService({
      answers: {
        'POST /v3/devices/x/ready': (count) => (count === 0 ? lost : { status: 202, body: anOperation() }),
      },
    });
    const client = createCyborgClient({ endpoint: service.endpoint, retry: { ...retry, retries: 1 } });
    open.push(client, service);
    await expect(client.devices.ready('x')).resolves.toEqual(anOperation());
    const keys = service.seen.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it('keeps the path in front of the API', async () => {
    const { service } = await connect({
      answers: { 'GET /accelerator/v3/hosts/node-1': { status: 200, body: aHost() } },
    });
    const client = createCyborgClient({ endpoint: `${service.endpoint}/accelerator/`, retry });
    open.push(client);
    await expect(client.hosts.get('node-1')).resolves.toEqual(aHost());
    expect(service.seen[0]?.headers).not.toHaveProperty('x-auth-token');
  });

  it('that is refused has all that the problem says', async () => {
    const { client } = await connect({
      answers: {
        'POST /v3/hosts/node-1/discover': aProblem(409, 'state.not_allowed', { detail: 'host is silent' }),
      },
    });
    const error = await client.hosts.discover('node-1').catch((thrown: unknown) => thrown);
    expect(isCyborgApiError(error)).toBe(true);
    expect(error).toMatchObject({
      status: 409,
      code: 'state.not_allowed',
      requestId: 'req-77',
      detail: 'host is silent',
      details: {},
    });
  });

  it.each([
    ['a page of HTML', { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>hello</h1>' }],
    [
      'a refusal of a proxy',
      { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>nginx</h1>' },
    ],
    ['broken JSON', { status: 200, body: '{"items": [' }],
    ['another API', { status: 200, body: { versions: [] } }],
    ['a device that is none', { status: 200, body: { items: [{ id: 7 }], next: null } }],
  ])('answered by %s did not reach the service', async (_what, answer) => {
    const { client } = await connect({ answers: { 'GET /v3/devices': answer } });
    const error = await readAll(client.devices.list()).catch((thrown: unknown) => thrown);
    expect(isCyborgConnectionError(error)).toBe(true);
    expect(error).toMatchObject({ message: expect.stringMatching(/\/v3\/devices: .+; check .+/) });
  });

  it('to where nothing listens says so', async () => {
    const { client, service } = await connect({});
    await service.close();
    open.splice(open.indexOf(service), 1);
    await expect(client.hosts.get('node-1')).rejects.toMatchObject({
      name: 'CyborgConnectionError',
      reason: 'connection refused',
      request: { method: 'GET', url: `${service.endpoint}/v3/hosts/node-1` },
    });
  });

  it('to a name that does not exist says so', async () => {
    const client = createCyborgClient({ endpoint: 'http://no-such-host.invalid', retry });
    open.push(client);
    await expect(client.hosts.get('x')).rejects.toMatchObject({
      reason: expect.stringMatching(/no such host name|cannot be looked up/),
    });
  });

  it('can be given up', async () => {
    const { client, service } = await connect({
      answers: { 'GET /v3/hosts/slow': { status: 200, body: undefined } },
    });
    const controller = new AbortController();
    const call = client.hosts.get('slow', { signal: controller.signal });
    await service.requested('GET /v3/hosts/slow');
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
  });
});

describe('an upload', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cyborg-upload-'));
  const file = join(directory, 'image');
  afterAll(() => rmSync(directory, { recursive: true }));
  const begun = anImage({ state: 'uploading', received: 0 });
  const answersTo = (put: () => ScriptedAnswer) => ({
    'GET /v3/images': { status: 200, body: { items: [], next: null } },
    'POST /v3/images': { status: 201, body: begun },
    [`PUT /v3/images/${begun.id}/data`]: put,
  });

  it('goes on where the service is, and has the last word of one that has every byte', async () => {
    writeFileSync(file, '12345678');
    const images = [4, 8].map((received) => anImage({ state: 'uploading', received }));
    const { client, service } = await connect({
      answers: answersTo(() => ({ status: 200, body: images.shift() ?? anImage() })),
    });
    expect(await client.images.upload(file)).toEqual(anImage());
    const sent = service.seen.filter(({ method }) => method === 'PUT');
    expect(sent.map(({ url, body }) => [url.replace(/.*=/, ''), body])).toEqual([
      ['0', '12345678'],
      ['4', '5678'],
      ['8', undefined],
    ]);
  });

  it('of a file that gets shorter meanwhile fails', async () => {
    writeFileSync(file, '12345678');
    const { client } = await connect({
      answers: answersTo(() => {
        truncateSync(file, 4);
        return { status: 200, body: anImage({ state: 'uploading', received: 4 }) };
      }),
    });
    await expect(client.images.upload(file, { signal: AbortSignal.timeout(2000) })).rejects.toThrow(
      /image has become shorter while it was sent: 4 of 8 bytes/,
    );
  });
});

describe('waiting for an operation', () => {
  const pending = anOperation({ state: 'pending', progress: null });
  const running = anOperation();
  const done = anOperation({ state: 'succeeded', progress: 1 });

  it('ends with it, and tells of every change once', async () => {
    const { client } = await connect({ operations: [[pending, running, running, done]] });
    const seen: string[] = [];
    const ended = await client.operations.wait(done.id, {
      pollMs: 1,
      onChange: ({ state }) => seen.push(state),
    });
    expect(ended).toEqual(done);
    expect(seen).toEqual(['pending', 'running', 'succeeded']);
  });

  it('resolves with one that failed too', async () => {
    const failed = anOperation({ state: 'failed', error: { code: 'driver.hardware', message: 'dead' } });
    const { client } = await connect({ operations: [[failed]] });
    await expect(client.operations.wait(failed.id)).resolves.toMatchObject({ state: 'failed' });
  });

  it('rides out a service that is away for a while', async () => {
    const away = aProblem(503, 'store.unavailable', { detail: 'no database' });
    const { client } = await connect({
      operations: [[done]],
      answers: { [`GET /v3/operations/${done.id}`]: (count) => (count < 3 ? away : undefined) },
    });
    const troubles: string[] = [];
    await client.operations.wait(done.id, { pollMs: 1, onTrouble: ({ name }) => troubles.push(name) });
    expect(troubles).toEqual(['CyborgApiError', 'CyborgApiError', 'CyborgApiError']);
  });

  it('gives up after so many troubles in a row', async () => {
    const { client, service } = await connect({
      answers: { [`GET /v3/operations/${done.id}`]: aProblem(503, 'store.unavailable') },
    });
    await expect(client.operations.wait(done.id, { pollMs: 1, maxTroubles: 2 })).rejects.toMatchObject({
      code: 'store.unavailable',
    });
    expect(service.seen).toHaveLength(2);
  });

  it('does not wait for what does not exist', async () => {
    const { client, service } = await connect({});
    await expect(client.operations.wait('nothing')).rejects.toMatchObject({ code: 'operation.not_found' });
    expect(service.seen).toHaveLength(1);
  });

  it('is left with the reason of its signal, in a look and between two', async () => {
    const { client, service } = await connect({ operations: [[running]] });
    const controller = new AbortController();
    const wait = client.operations.wait(running.id, { pollMs: 60_000, signal: controller.signal });
    await service.requested(`GET /v3/operations/${running.id}`);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(wait).rejects.toBe(reason);
  });
});
