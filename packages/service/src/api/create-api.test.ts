import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { aDevice, putDevice, startTestApi, type TestApi } from './test-api.ts';

let api: TestApi;
afterEach(() => api.close());

describe('over a socket', () => {
  it('serves, and ends streams when it closes', async () => {
    api = await startTestApi();
    await putDevice(api, aDevice());
    let arrived = 0;
    api.app.server.on('request', () => arrived++);
    const base = await api.app.listen({ host: '127.0.0.1', port: 0 });
    const headers = { 'x-auth-token': 'admin' };
    const devices = await fetch(`${base}/v2/devices`, { headers });
    expect(await devices.text()).toContain(`"href": "${base}/accelerator/v2/devices/`);
    const operation = await fetch(`${base}/v3/hosts/compute1/discover`, { method: 'POST', headers });
    const { id } = z.object({ id: z.string() }).parse(await operation.json());
    const stream = await fetch(`${base}/v3/operations/${id}/watch`, { headers });
    const waiting = fetch(`${base}/v3/operations/${id}?wait=60`, { headers });
    const reader = stream.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toContain('"state":"pending"');
    await vi.waitFor(() => expect(arrived).toBe(4));
    await api.app.close();
    expect((await reader?.read())?.done).toBe(true);
    expect((await waiting).status).toBe(200);
  });

  it('answers what is no HTTP and goes on', async () => {
    api = await startTestApi();
    const base = await api.app.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    socket.end('nonsense\r\n\r\n');
    const said = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
    expect(said).toMatch(/^HTTP\/1.1 400 /);
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
  });

  it('takes the mount off paths with repeated and odd slashes without harm', async () => {
    api = await startTestApi();
    const base = await api.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = new URL(base);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest({ host: '127.0.0.1', port, path: '//v2//devices' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject).end();
    });
    expect(status).toBe(401);
  });
});

describe('without its store', () => {
  it('answers 503 with Retry-After, tells so, and serves on', async () => {
    api = await startTestApi();
    await api.store.close();
    for (const url of ['/v2/devices', '/v3/devices']) {
      const answer = await api.call({ url });
      expect(answer.status, url).toBe(503);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect((await api.call({ url: '/v3/devices' })).json().code).toBe('store.unavailable');
    const ready = await api.call({ url: '/readyz', as: null });
    expect(ready.status).toBe(503);
    expect(ready.json()).toMatchObject({ ready: false, reasons: [expect.stringContaining('store: ')] });
    expect((await api.call({ url: '/healthz', as: null })).status).toBe(200);
    const metrics = await api.call({ url: '/metrics', as: null });
    expect(metrics.status).toBe(200);
    expect(metrics.text).toMatch(/cyborg_store_errors_total [1-9]/);
  });
});

describe('monitoring', () => {
  it('is ready when the store answers and the bus is connected', async () => {
    api = await startTestApi();
    expect((await api.call({ url: '/readyz', as: null })).json()).toEqual({ ready: true, reasons: [] });
    await api.bus.close();
    const answer = await api.call({ url: '/readyz', as: null });
    expect(answer.status).toBe(503);
    expect(answer.json().reasons).toEqual([expect.stringContaining('bus: ')]);
  });

  it('counts what is stored and how long requests took, by the template of their route', async () => {
    api = await startTestApi();
    await putDevice(api, aDevice());
    await api.call({ url: '/v3/devices/some-id' });
    await api.call({ url: '/nonsense' });
    const { text, headers } = await api.call({ url: '/metrics', as: null });
    expect(headers['content-type']).toContain('text/plain');
    expect(text).toContain('cyborg_devices{kind="FPGA",state="ready",health="ok"} 1');
    expect(text).toContain('cyborg_hosts{state="up"} 1');
    expect(text).toContain(
      'cyborg_http_request_duration_seconds_count{method="GET",route="/v3/devices/:id",status="404"} 1',
    );
    expect(text).toContain(
      'cyborg_http_request_duration_seconds_count{method="GET",route="none",status="404"} 1',
    );
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).not.toContain('some-id');
  });
});

describe('the access log', () => {
  it('has one line for each request, with its id, its asker and no token', async () => {
    api = await startTestApi();
    const headers = { 'x-openstack-request-id': 'req-of-the-caller' };
    const { headers: answered } = await api.call({ url: '/v3/devices?host=a', as: 'manager', headers });
    const lines = api.logged.filter((line) => line.msg === 'answered');
    expect(lines).toMatchObject([
      {
        reqId: answered['x-openstack-request-id'],
        globalRequestId: 'req-of-the-caller',
        method: 'GET',
        url: '/v3/devices?host=a',
        status: 200,
        user: 'manager',
      },
    ]);
    expect(Object.values(lines[0] ?? {}).filter((value) => value === 'manager')).toHaveLength(1);
  });

  it('tells what went wrong where the answer does not', async () => {
    api = await startTestApi();
    await api.store.close();
    const answer = await api.call({ url: '/v3/devices' });
    const [line] = api.logged.filter((one) => one.level === 50);
    expect(line).toMatchObject({ reqId: answer.json().requestId, err: { stack: expect.any(String) } });
  });
});

describe('limits', () => {
  it('answers 429 with Retry-After to whoever asks too often, but not to monitoring', async () => {
    api = await startTestApi({ requestsPerMinute: 3 });
    const status = async (url: string) => (await api.call({ url })).status;
    expect(await status('/v3/devices')).toBe(200);
    expect(await status('/v2/devices')).toBe(200);
    expect(await status('/v3/devices')).toBe(200);
    const refused = await api.call({ url: '/v3/devices' });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.json().code).toBe('request.rate_limited');
    expect((await api.call({ url: '/v2/devices' })).json().error_message).toContain('"faultcode": "Client"');
    expect(await status('/nonsense')).toBe(429);
    expect(await status('/healthz')).toBe(200);
  });

  it('refuses a body beyond the limit', async () => {
    api = await startTestApi({ bodyLimitBytes: 2000 });
    const payload = { options: { a: 'x'.repeat(3000) } };
    const answer = await api.call({ method: 'POST', url: '/v3/devices/x/ready', payload });
    expect(answer.status).toBe(413);
  });
});
