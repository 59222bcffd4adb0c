import { createHash, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Operation, Page, UploadedImage } from '@cyborgjs/core';
import { gbsImage } from '@cyborgjs/driver-sdk/simulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  FpgaBench,
  type FpgaCloud,
  faultOf,
  fpgaHost,
  large,
  one,
  openFpgaCloud,
  split,
  two,
  whole,
} from './fpga-bench.ts';
import { until } from './until.ts';

const traitOf = (id: string) => `CUSTOM_FPGA_FUNCTION_ID_INTEL_${id.toUpperCase()}`;

describe('FPGAs of a host', () => {
  let cloud: FpgaCloud;
  let bench: FpgaBench;
  beforeAll(async () => {
    cloud = await openFpgaCloud();
  }, 60_000);
  afterAll(() => cloud?.close());
  beforeEach(() => cloud.glance.reset());
  /** One service for all that is told of it. */
  const oneService = () => {
    beforeAll(async () => {
      bench = await FpgaBench.open(cloud);
    }, 60_000);
    afterAll(() => bench?.close());
  };

  describe('by the call of Cyborg', () => {
    oneService();
    /** An image that is more than is asked for at once, and lies on no host yet. */
    const another = () => {
      length += 1;
      return gbsImage({ functions: [one], bitstreamBytes: length });
    };
    let length = large.bitstreamBytes;

    it('are programmed, and the call answers when it is done', async () => {
      const image = cloud.glance.add(another());
      const answer = await bench.program(whole, image.id);
      expect(answer).toMatchObject({ status: 200, body: { bitstream_id: image.id } });
      expect(bench.functionOf(whole)).toBe(one);
      expect(await bench.deployableAt(whole)).toMatchObject({ bitstream_id: image.id });
      await until('Placement has the new function alone', async () => {
        const [only, ...others] = await bench.functionTraits(whole);
        return only === traitOf(one) && others.length === 0;
      });
      const { items } = await bench.service.get<Page<Operation>>('/v3/operations?verb=program');
      expect(items).toMatchObject([{ state: 'succeeded', progress: 1, requestedBy: 'admin' }]);
    });

    it.each([
      ['whose data breaks off is fetched on where it broke', () => ({ breakAfter: 5_000_000 }), true],
      ['of a store that cannot begin in the middle too', () => ({ breakAfter: 5_000_000 }), false],
      ['of a Glance that fails now and then too', () => ({ status: 503 }), true],
    ])(
      'an image %s',
      async (_what, trouble, ranges) => {
        const image = cloud.glance.add(another());
        cloud.glance.ranges = ranges;
        let times = 0;
        cloud.glance.trouble = (request) =>
          (request.url?.endsWith('/file') ?? false) && ++times === 1 ? trouble() : undefined;
        expect(await bench.program(whole, image.id)).toMatchObject({
          status: 200,
          body: { bitstream_id: image.id },
        });
        expect(bench.functionOf(whole)).toBe(one);
        expect(times).toBeGreaterThan(1);
      },
      60_000,
    );

    it('do not fetch again what lies on their host already', async () => {
      const image = cloud.glance.add(gbsImage({ functions: [one] }));
      await bench.program(whole, image.id);
      await bench.program(split, image.id);
      expect(cloud.glance.asked.filter((asked) => asked.includes('/file'))).toHaveLength(1);
      expect([bench.functionOf(whole), bench.functionOf(split)]).toEqual([one, one]);
    });
  });

  describe('with an image that cannot be used', () => {
    oneService();
    it.each([
      ['is not there', () => randomUUID(), 404, /does not have image/],
      ['is queued', () => cloud.glance.add(gbsImage(), { status: 'queued' }).id, 400, /is queued in Glance/],
      [
        'has no hash',
        () => cloud.glance.add(gbsImage(), { checksum: null, os_hash_algo: null, os_hash_value: null }).id,
        400,
        /its hash as none/,
      ],
      [
        'is too large',
        () => cloud.glance.add(gbsImage(), { size: 2 ** 40 }).id,
        400,
        /conductor.imageLimitBytes allows/,
      ],
      [
        'is another than its hash says',
        () => cloud.glance.add(gbsImage(), { os_hash_value: 'a'.repeat(128) }).id,
        500,
        /came as sha512/,
      ],
      [
        'is shorter than it says',
        () => cloud.glance.add(gbsImage(), { size: 100_000 }).id,
        500,
        /ended after/,
      ],
      [
        'is no image',
        () => cloud.glance.add(Buffer.from('#!/bin/sh')).id,
        500,
        /it does not begin as a .gbs does/,
      ],
      [
        'is for another card',
        () => cloud.glance.add(gbsImage({ interfaceId: 'f'.repeat(32) })).id,
        500,
        /built for the interface/,
      ],
      [
        'has only a checksum and is another',
        () => cloud.glance.add(gbsImage(), { os_hash_algo: null, checksum: 'b'.repeat(32) }).id,
        500,
        /came as md5/,
      ],
    ] as const)(
      'are left as they are by an image that %s',
      async (_what, make, status, why) => {
        const before = bench.functionOf(whole);
        const answer = await bench.program(whole, make());
        expect(answer.status).toBe(status);
        expect(faultOf(answer)).toMatch(why);
        expect(bench.functionOf(whole)).toBe(before);
        expect(await bench.deployableAt(whole)).toMatchObject({ bitstream_id: null });
      },
      60_000,
    );
  });

  describe('by our own API and its command', () => {
    oneService();
    const program = (body: unknown) => async () => {
      const { uuid } = await bench.deployableAt(whole);
      return bench.call('POST', `/v3/deployables/${uuid}/program`, body);
    };
    const put = (id: string, offset: number, bytes: Uint8Array) =>
      bench.call('PUT', `/v3/images/${id}/data?offset=${offset}`, bytes);

    it('take an upload, which goes on where it was cut off', async () => {
      const bytes = gbsImage({ functions: [two], ...large });
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const begun = (await bench.call('POST', '/v3/images', { size: bytes.length, sha256 }))
        .body as UploadedImage;
      const first = await put(begun.id, 0, bytes.subarray(0, 3_000_000));
      expect(first).toMatchObject({ status: 200, body: { state: 'uploading', received: 3_000_000 } });
      expect(await put(begun.id, 0, bytes.subarray(0, 10))).toMatchObject({
        status: 409,
        body: { code: 'image.wrong_offset', details: { received: 3_000_000 } },
      });
      expect(await program({ upload: begun.id })()).toMatchObject({
        status: 400,
        body: { code: 'image.unusable' },
      });

      const file = join(bench.directory, 'image.gbs');
      writeFileSync(file, bytes);
      const done = await bench.cyborg('deployable', 'program', `${fpgaHost}:${whole}`, '--file', file);
      expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('done') });
      expect(done.stderr).toContain(`uploaded ${file} as image ${begun.id}`);
      expect(bench.functionOf(whole)).toBe(two);
      expect(await bench.deployableAt(whole)).toMatchObject({ bitstream_id: null });
      expect(await bench.call('DELETE', `/v3/images/${begun.id}`)).toMatchObject({ status: 204 });
      expect(await bench.call('GET', `/v3/images/${begun.id}`)).toMatchObject({ status: 404 });
    }, 60_000);

    it('throw away an upload that is not what was announced', async () => {
      const made = await bench.call('POST', '/v3/images', { size: 4, sha256: 'a'.repeat(64) });
      const { id } = made.body as UploadedImage;
      const wrong = await put(id, 0, Buffer.from('nope'));
      expect(wrong).toMatchObject({ status: 400, body: { code: 'image.unusable' } });
      expect(await bench.call('GET', `/v3/images/${id}`)).toMatchObject({ status: 404 });
    });

    it('refuse what cannot be, and say why', async () => {
      const digest = `sha256:${'a'.repeat(64)}`;
      const cases: readonly (readonly [unknown, string])[] = [
        [{}, 'request.invalid'],
        [{ url: 'http://example.org/x', digest }, 'request.invalid'],
        [{ url: 'https://example.org/x' }, 'request.invalid'],
        [{ image: randomUUID(), upload: randomUUID() }, 'request.invalid'],
        [{ image: 'nope' }, 'request.invalid'],
        [{ upload: randomUUID() }, 'image.not_found'],
        [{ image: randomUUID() }, 'image.not_found'],
        [{ url: 'https://127.0.0.1:9/x', digest }, 'image.unavailable'],
      ];
      for (const [body, code] of cases) expect(await program(body)()).toMatchObject({ body: { code } });
      expect(await program({ url: 'ftp://example.org/x', digest })()).toMatchObject({
        body: { detail: expect.stringContaining('url: must be an address that begins with https://') },
      });
      for (const body of [
        { size: 2 ** 40, sha256: 'a'.repeat(64) },
        { size: 0, sha256: '' },
      ])
        expect(await bench.call('POST', '/v3/images', body)).toMatchObject({ status: 400 });
    });

    it('tell what they would do, and do not do it', async () => {
      const image = cloud.glance.add(gbsImage({ functions: [one] }));
      const before = bench.functionOf(whole);
      const where = `${fpgaHost}:${whole}`;
      const planned = await bench.cyborg('deployable', 'program', where, '--image', image.id, '--dry-run');
      expect(planned).toMatchObject({ code: 0, stdout: expect.stringMatching(/would do:\nrun .*fpgaconf/) });
      expect(bench.functionOf(whole)).toBe(before);
      const done = await bench.cyborg('deployable', 'program', where, '--image', image.id);
      expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining(`program ${where}: done`) });
      expect(bench.functionOf(whole)).toBe(one);
      expect((await bench.cyborg('deployable', 'program', where)).code).toBe(2);
    }, 60_000);
  });
});
