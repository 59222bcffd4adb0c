import { Event } from '@cyborgjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDevice, putDevice, startTestApi, type TestApi } from '../test-api.ts';

let api: TestApi;
let url: string;
beforeAll(async () => {
  api = await startTestApi();
  await putDevice(api, aDevice());
  url = await api.app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => api.close());

const happen = (times = 1) =>
  Promise.all(
    Array.from({ length: times }, () =>
      api.conductor.requestDiscover({ host: 'compute1', requestedBy: 'admin' }),
    ),
  );

/** Follows the stream until so many events have come, then hangs up. */
async function follow(count: number, path = '/v3/events/stream', headers: Record<string, string> = {}) {
  const hangUp = new AbortController();
  const init = { headers: { 'x-auth-token': 'admin', ...headers }, signal: hangUp.signal };
  const response = await fetch(url + path, init);
  const { status, body } = response;
  if (!response.ok || body === null) return { status, events: [] };
  const events: Event[] = [];
  let text = '';
  const isOpen = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      isOpen.resolve();
      text += chunk;
      const frames = text.split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames.filter((one) => !one.startsWith(':'))) {
        const [, id, data] = frame.split('\n');
        const event = Event.parse(JSON.parse(data?.slice('data: '.length) ?? ''));
        expect(id).toBe(`id: ${event.id}`);
        events.push(event);
      }
      if (events.length >= count) break;
    }
    hangUp.abort();
  })();
  await isOpen.promise;
  return { status, events, reading };
}

describe('the stream of events', () => {
  it('tells what happens from now on, and after a break everything since, once and in order', async () => {
    const first = await follow(2);
    await happen(2);
    await first.reading;
    const last = first.events.at(-1)?.id ?? 0;
    await happen(300);
    const second = await follow(300, '/v3/events/stream', { 'last-event-id': String(last) });
    await second.reading;
    const ids = second.events.map(({ id }) => id);
    expect(ids).toEqual(Array.from({ length: 300 }, (_, index) => last + 1 + index));
  });

  it('keeps to what was asked for', async () => {
    const stream = await follow(1, '/v3/events/stream?type=device.*', { 'last-event-id': '0' });
    await happen();
    const { items } = await api.store.devices.list();
    await api.conductor.setDeviceEnabled({
      device: items[0]?.id ?? '',
      enabled: false,
      requestedBy: 'admin',
    });
    await stream.reading;
    expect(stream.events.map(({ type }) => type)).toEqual(['device.state']);
  });

  it.each([
    ['/v3/events/stream?limit=3', {}],
    ['/v3/events/stream', { 'last-event-id': 'yesterday' }],
  ])('refuses %s %j', async (path, headers: Record<string, string>) => {
    expect((await follow(1, path, headers)).status).toBe(400);
  });
});
