import { Operation } from '@cyborgjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aDevice, putDevice, startTestApi, type TestApi } from '../test-api.ts';

let api: TestApi;
let first: Operation;
beforeEach(async () => {
  api = await startTestApi();
  const device = aDevice({ state: 'discovered' });
  await putDevice(api, device);
  first = Operation.parse((await post(`/v3/devices/${device.id}/ready`)).json());
});
afterEach(() => api.close());

const post = (url: string) => api.call({ method: 'POST', url });

describe('an operation that is asked for again', () => {
  it('is refused while it has not ended', async () => {
    const answer = await post(`/v3/operations/${first.id}/retry`);
    expect(answer.status).toBe(409);
    expect(answer.json()).toMatchObject({
      code: 'operation.not_retryable',
      detail: expect.stringContaining(`it is ${first.state}; only what failed or was canceled is`),
    });
  });

  it('is refused where there is none', async () => {
    const answer = await post('/v3/operations/11111111-2222-4333-8444-555555555555/retry');
    expect([answer.status, answer.json().code]).toEqual([404, 'operation.not_found']);
  });

  it('is a new one for the same device, when the old one has failed', async () => {
    await api.conductor.applyFact({
      kind: 'operation-result',
      host: first.host,
      agentRun: 1,
      operationId: first.id,
      at: Date.now(),
      outcome: { kind: 'failed', retry: 'never', error: { code: 'driver.hardware', message: 'no' } },
    });
    const answer = await post(`/v3/operations/${first.id}/retry`);
    expect(answer.status).toBe(202);
    const again = Operation.parse(answer.json());
    expect(again).toMatchObject({ verb: 'install', deviceId: first.deviceId, requestedBy: 'admin' });
    expect(again.id).not.toBe(first.id);
  });
});
