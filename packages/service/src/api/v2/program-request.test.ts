import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Uuid } from '@cyborgjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDevice, faultOf, putDevice, startTestApi, type TestApi } from '../test-api.ts';
import { requireSuccess } from './deployable.ts';
import { readProgramRequest } from './program-request.ts';

const id = Uuid.parse(randomUUID());

describe('the body of a program call', () => {
  it('names an image in its first operation; where that points does not matter', () => {
    const value = [{ image_uuid: id.toUpperCase() }];
    expect(readProgramRequest([{ path: '/program', op: 'replace', value }])).toBe(id);
    expect(
      readProgramRequest([
        { path: '/x', op: 'add', value },
        { path: '/y', op: 'remove' },
      ]),
    ).toBe(id);
  });

  it.each([
    [[], /expected a list of operations/],
    [{}, /expected a list of operations/],
    [[null], /must be an object/],
    [[{ path: 'x', op: 'add', value: [] }], /path.*pattern/],
    [[{ path: '/x', op: 'move', value: [] }], /op.*one of/],
    [[{ path: '/name', op: 'replace', value: 'x' }], /'\/name' is an internal attribute/],
    [[{ path: '/x', op: 'add' }], /needs value/],
    [[{ path: '/x', op: 'add', value: [{}] }], /no value/],
    [[{ path: '/x', op: 'add', value: [{ image_uuid: 'nope' }] }], /Expected a uuid but received nope/],
  ])('%j is refused', (body, why) => {
    expect(() => readProgramRequest(body)).toThrow(expect.objectContaining({ code: 'request.invalid' }));
    expect(() => readProgramRequest(body)).toThrow(why);
  });
});

it('an operation that failed or goes on is no success', () => {
  const error = { code: 'driver.hardware', message: 'it burns' };
  const code = (name: string) => expect.objectContaining({ code: name });
  expect(() => requireSuccess({ id, state: 'failed', error })).toThrow(code('operation.failed'));
  expect(() => requireSuccess({ id, state: 'running', error: null })).toThrow(code('operation.unfinished'));
  expect(() => requireSuccess({ id, state: 'succeeded', error: null })).not.toThrow();
});

describe('programming without Glance, or a driver for it', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
    await putDevice(api, aDevice(), id);
  });
  afterAll(() => api.close());
  const headers = { 'content-type': 'application/json' };

  it('is refused: image.unavailable', async () => {
    const payload = JSON.stringify([{ path: '/program', op: 'add', value: [{ image_uuid: id }] }]);
    const answer = await api.call({
      method: 'PATCH',
      url: `/v2/deployables/${id}/program`,
      headers,
      payload,
    });
    expect([answer.status, faultOf(answer).faultstring]).toEqual([503, expect.stringContaining('no Glance')]);
  });

  it('is refused when the driver has no verb for it, and uploads when they are wrong or have no room', async () => {
    const bytes = Buffer.from('some');
    const size = bytes.length;
    const good = createHash('sha256').update(bytes).digest('hex');
    const right = await api.conductor.createImage({ size, sha256: good, requestedBy: 'u' });
    await api.conductor.appendToImage({ image: right.id, offset: 0, body: Readable.from([bytes]) });
    const source = { kind: 'upload', id: right.id } as const;
    const unable = api.conductor.programDeployable({ deployable: id, source, requestedBy: 'u' });
    await expect(unable).rejects.toMatchObject({ code: 'device.not_programmable' });
    await api.conductor.deleteImage(right.id);
    const sha256 = 'a'.repeat(64);
    const image = await api.conductor.createImage({ size, sha256, requestedBy: 'u' });
    const body = Readable.from([bytes]);
    const wrong = api.conductor.appendToImage({ image: image.id, offset: 0, body });
    await expect(wrong).rejects.toMatchObject({ code: 'image.unusable' });
    const huge = { size: 2 ** 29, sha256, requestedBy: 'u' };
    for (let room = 4; room > 0; room -= 1) await api.conductor.createImage(huge);
    await expect(api.conductor.createImage(huge)).rejects.toMatchObject({ code: 'image.store_full' });
  });
});
