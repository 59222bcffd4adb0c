import { randomUUID } from 'node:crypto';
import type { Operation, Page } from '@cyborgjs/core';
import { gbsImage } from '@cyborgjs/driver-sdk/simulator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  FpgaBench,
  type FpgaCloud,
  faultOf,
  large,
  one,
  openFpgaCloud,
  split,
  two,
  whole,
} from './fpga-bench.ts';
import { until } from './until.ts';

describe('FPGAs for servers', () => {
  let cloud: FpgaCloud;
  let bench: FpgaBench;
  beforeAll(async () => {
    cloud = await openFpgaCloud();
  }, 60_000);
  afterAll(() => cloud?.close());
  beforeEach(async () => {
    bench = await FpgaBench.open(cloud);
  }, 60_000);
  afterEach(() => bench?.close());

  it('are programmed before a server gets them, and Nova hears of it afterwards', async () => {
    const image = cloud.glance.add(gbsImage({ functions: [one], ...large }), { 'accel:function_id': one });
    const { answer, instance } = await bench.bind(whole, { 'accel:bitstream_id': image.id });
    expect(answer.status).toBe(202);
    expect(await bench.resolved(instance)).toMatchObject([{ state: 'Bound' }]);
    expect(bench.functionOf(whole)).toBe(one);
    expect(await bench.newsOf(instance)).toMatchObject([{ status: 'completed' }]);
    expect(await bench.deployableAt(whole)).toMatchObject({ bitstream_id: image.id });
    await bench.release(instance);

    const asked = cloud.glance.asked.length;
    const again = await bench.bind(whole, { 'accel:function_id': one });
    expect(await bench.arqsOf(again.instance)).toMatchObject([{ state: 'Bound' }]);
    expect(cloud.glance.asked).toHaveLength(asked);
  }, 60_000);

  it('get the image with the function that a profile asks for', async () => {
    cloud.glance.add(gbsImage({ functions: [two] }), { 'accel:function_id': two });
    const image = cloud.glance.add(gbsImage({ functions: [one] }), { 'accel:function_id': one });
    const { instance } = await bench.bind(split, { 'accel:function_id': one }, 2);
    expect(await bench.resolved(instance)).toMatchObject([{ state: 'Bound' }, { state: 'Bound' }]);
    expect(bench.functionOf(split)).toBe(one);
    expect(await bench.deployableAt(split)).toMatchObject({ bitstream_id: image.id });
  }, 60_000);

  it.each([
    ['there is no such image', () => ({ 'accel:bitstream_id': randomUUID() }), /does not have image/],
    ['no image has the function', () => ({ 'accel:function_id': two }), /no image in Glance has/],
    [
      'two images have the function',
      () => {
        for (const _ of [1, 2]) cloud.glance.add(gbsImage(), { 'accel:function_id': two });
        return { 'accel:function_id': two };
      },
      /several images/,
    ],
    [
      'the image has another function than it says',
      () => {
        cloud.glance.add(gbsImage({ functions: [one] }), { 'accel:function_id': two });
        return { 'accel:function_id': two };
      },
      /the profile wants function/,
    ],
    [
      'the image is broken',
      () => ({ 'accel:bitstream_id': cloud.glance.add(gbsImage(), { os_hash_value: 'a'.repeat(128) }).id }),
      /came as sha512/,
    ],
  ])(
    'are given to nobody when %s',
    async (_what, group, why) => {
      const { answer, instance } = await bench.bind(whole, group());
      expect(answer.status).toBe(202);
      const [arq] = await bench.resolved(instance);
      expect(arq).toMatchObject({ state: 'BindFailed', attach_handle_uuid: null });
      expect(await bench.newsOf(instance)).toMatchObject([{ status: 'failed' }]);
      expect(await bench.reasonOf(arq?.uuid)).toMatch(why);
      await bench.release(instance);
      const next = await bench.bind(whole, {});
      expect(await bench.arqsOf(next.instance)).toMatchObject([{ state: 'Bound' }]);
    },
    60_000,
  );

  it('refuse a profile that makes no sense, at once', async () => {
    const both = { 'accel:bitstream_id': randomUUID(), 'accel:function_id': one };
    const { answer, instance } = await bench.bind(whole, both);
    expect(answer.status).toBe(400);
    expect(faultOf(answer)).toMatch(/only one of/);
    expect(await bench.arqsOf(instance)).toMatchObject([{ state: 'BindFailed' }]);
  });

  it('are not programmed under those who work with them, nor with two images at once', async () => {
    const image = cloud.glance.add(gbsImage({ functions: [one] }));
    const other = cloud.glance.add(gbsImage({ functions: [two] }));
    const plain = await bench.bind(split, {});
    expect(await bench.arqsOf(plain.instance)).toMatchObject([{ state: 'Bound' }]);
    const late = await bench.bind(split, { 'accel:bitstream_id': image.id });
    expect(late.answer.status).toBe(409);
    expect(faultOf(late.answer)).toMatch(/did not ask for this image/);
    expect((await bench.program(split, image.id)).status).toBe(409);
    await bench.release(plain.instance);

    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    cloud.glance.hold = held;
    const first = await bench.bind(split, { 'accel:bitstream_id': image.id });
    const second = await bench.bind(split, { 'accel:bitstream_id': other.id });
    const unasking = await bench.bind(split, {});
    expect([second.answer.status, unasking.answer.status]).toEqual([409, 409]);
    expect(faultOf(second.answer)).toMatch(/is being programmed/);
    const path = `/v3/deployables/${(await bench.deployableAt(split)).uuid}/program`;
    expect(await bench.call('POST', path, { image: other.id })).toMatchObject({
      status: 409,
      body: { code: 'device.being_programmed' },
    });
    const same = await bench.bind(split, { 'accel:bitstream_id': image.id });
    go();
    expect(await bench.resolved(first.instance)).toMatchObject([{ state: 'Bound' }]);
    expect(await bench.resolved(same.instance)).toMatchObject([{ state: 'Bound' }]);
    expect(bench.functionOf(split)).toBe(one);
  }, 60_000);

  it('are free for the next only when nobody writes to them any more', async () => {
    const image = cloud.glance.add(gbsImage({ functions: [one] }));
    let go = () => {};
    cloud.glance.hold = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { instance } = await bench.bind(whole, { 'accel:bitstream_id': image.id });
    expect(await bench.arqsOf(instance)).toMatchObject([{ state: 'BindStarted' }]);
    await bench.release(instance);
    const next = await bench.bind(whole, {});
    expect(next.answer.status).toBe(409);
    go();
    await until('its operation is over', async () => {
      const { items } = await bench.service.get<Page<Operation>>('/v3/operations?verb=program');
      return items.every(({ state }) => state === 'canceled');
    });
    expect((await bench.bind(whole, {})).answer.status).toBe(202);
    expect(bench.functionOf(whole)).not.toBe(one);
  }, 60_000);
});
