import { randomUUID } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { gbsImage } from '@cyborgjs/driver-sdk/simulator';
import { createSession, keystonePassword } from '@cyborgjs/openstack-session';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createGlance } from '../src/conductor/glance.ts';
import { FpgaBench, type FpgaCloud, faultOf, large, one, openFpgaCloud, two, whole } from './fpga-bench.ts';
import { missingGlance } from './openstack/find-openstack.ts';
import { type ImageCloud, startImageCloud } from './openstack/start-image-cloud.ts';

const missing = await missingGlance();
const name = `images of a real Glance${missing === undefined ? '' : ` (skipped: ${missing})`}`;

describe.skipIf(missing !== undefined)(name, () => {
  let images: ImageCloud;
  let cloud: FpgaCloud;
  let bench: FpgaBench;
  beforeAll(async () => {
    images = await startImageCloud();
    cloud = await openFpgaCloud();
  }, 300_000);
  afterAll(async () => {
    await cloud?.close();
    await images?.stop();
  }, 60_000);
  beforeEach(async () => {
    const { keystoneUrl: authUrl, password } = images;
    const auth = { kind: 'password', interface: 'public', authUrl, username: 'openstack', password };
    bench = await FpgaBench.open(cloud, { glance: { auth } });
  }, 60_000);
  afterEach(() => bench?.close());

  it('are put into a card, by their id', { timeout: 60_000 }, async () => {
    const image = await images.upload(gbsImage({ functions: [one], ...large }));
    expect(await bench.program(whole, image)).toMatchObject({ status: 200, body: { bitstream_id: image } });
    expect(bench.functionOf(whole)).toBe(one);
  });

  it('are found by the function that a profile asks for', { timeout: 60_000 }, async () => {
    await images.upload(gbsImage({ functions: [one] }), { 'accel:function_id': `x${one}` });
    const image = await images.upload(gbsImage({ functions: [two] }), { 'accel:function_id': two });
    const { instance } = await bench.bind(whole, { 'accel:function_id': two });
    expect(await bench.resolved(instance)).toMatchObject([{ state: 'Bound' }]);
    expect(await bench.deployableAt(whole)).toMatchObject({ bitstream_id: image });
    expect(bench.functionOf(whole)).toBe(two);
  });

  it('are read on from where a reading ended', { timeout: 60_000 }, async () => {
    const bytes = gbsImage(large);
    const id = await images.upload(bytes);
    const { keystoneUrl: authUrl, password } = images;
    const auth = keystonePassword({ authUrl, username: 'openstack', password, projectName: 'service' });
    const session = createSession({ auth });
    const read: Uint8Array[] = [];
    const offset = 5_000_001;
    for await (const piece of await createGlance(session).read(id, offset, AbortSignal.timeout(30_000)))
      read.push(piece);
    expect(Buffer.concat(read).equals(Buffer.from(bytes).subarray(offset))).toBe(true);
    await session.close();
  });

  it('are refused when they are gone, without data, withdrawn, cut off or spoilt', {
    timeout: 120_000,
  }, async () => {
    const before = bench.functionOf(whole);
    const refuse = async (id: string, status: number, why: RegExp) => {
      const answer = await bench.program(whole, id);
      expect([answer.status, faultOf(answer)]).toEqual([status, expect.stringMatching(why)]);
    };
    await refuse(randomUUID(), 404, /does not have image/);
    const gone = await images.upload(gbsImage());
    await images.ask('DELETE', `/v2/images/${gone}`);
    await refuse(gone, 404, /does not have image/);
    const withdrawn = await images.upload(gbsImage());
    await images.ask('POST', `/v2/images/${withdrawn}/actions/deactivate`);
    await refuse(withdrawn, 400, /is deactivated in Glance/);
    const cut = await images.upload(gbsImage({ functions: [one], bitstreamBytes: 300_000 }));
    truncateSync(images.fileOf(cut), 100_000);
    await refuse(cut, 500, /.+/);
    const spoilt = await images.upload(gbsImage({ functions: [one] }));
    const bytes = Buffer.from(gbsImage({ functions: [two] }));
    writeFileSync(images.fileOf(spoilt), bytes);
    await refuse(spoilt, 500, /came as sha512/);
    expect(bench.functionOf(whole)).toBe(before);
  });
});
