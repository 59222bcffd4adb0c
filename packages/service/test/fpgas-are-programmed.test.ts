import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCyborgClient } from '@cyborgjs/client';
import type { Device, Operation, Page, UploadedImage } from '@cyborgjs/core';
import { buildMachine, gbsImage, intelFpgaDfl, type Simulation } from '@cyborgjs/driver-sdk/simulator';
import { createSession, noAuth } from '@cyborgjs/openstack-session';
import { createPlacement } from '@cyborgjs/placement-client';
import {
  findRealPlacement,
  startPlacementDouble,
  startRealPlacement,
} from '@cyborgjs/placement-client/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { providerName, providerUuid } from '../src/agent/provider-tree.ts';
import { type RunningService, startService } from './running-service.ts';
import { type ScriptedGlance, startScriptedGlance } from './scripted-glance.ts';
import { type ScriptedNova, startScriptedNova } from './scripted-nova.ts';
import { until } from './until.ts';

const host = 'fpga-host';
const whole = '0000:b1:00.0';
const split = '0000:b2:00.0';
const one = 'c000c9660d8242729aeffe5f84570612';
const two = '0123456789abcdef0123456789abcdef';
const traitOf = (id: string) => `CUSTOM_FPGA_FUNCTION_ID_INTEL_${id.toUpperCase()}`;
/** More than is asked for at once. */
const large = { bitstreamBytes: 9 * 1024 * 1024 };

interface Arq {
  readonly uuid: string;
  readonly state: string;
  readonly attach_handle_uuid: string | null;
}
interface DeployableV2 {
  readonly uuid: string;
  readonly name: string;
  readonly bitstream_id: string | null;
}
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

describe('FPGAs of a host', () => {
  let glance: ScriptedGlance;
  let nova: ScriptedNova;
  let placementServer: { readonly url: string; close(): Promise<unknown> };
  beforeAll(async () => {
    glance = await startScriptedGlance();
    nova = await startScriptedNova();
    const real = await findRealPlacement();
    if (real === undefined) placementServer = await startPlacementDouble();
    else {
      const running = await startRealPlacement(real);
      placementServer = { url: running.url, close: () => running.stop() };
    }
  }, 60_000);
  afterAll(async () => {
    await glance?.close();
    await nova?.close();
    await placementServer?.close();
  });

  let directory: string;
  let machine: Simulation;
  let service: RunningService;
  beforeEach(async () => {
    glance.images.clear();
    glance.asked.splice(0);
    glance.trouble = () => undefined;
    glance.ranges = true;
    glance.hold = Promise.resolve();
    nova.calls.splice(0);
    directory = mkdtempSync(join(tmpdir(), 'cyborg-program-'));
    const cards = [intelFpgaDfl({ address: whole }), intelFpgaDfl({ address: split, numVfs: 2 })];
    machine = buildMachine({ root: join(directory, 'machine'), cards });
    service = await startService({
      stateDir: directory,
      conductor: { imageLimitBytes: 32 * 1024 * 1024, maxAttempts: 2 },
      agent: {
        hosts: [
          {
            name: host,
            machine: { kind: 'simulated', root: machine.root },
            drivers: [{ package: '@cyborgjs/driver-fpga' }],
          },
        ],
      },
      glance: { auth: { kind: 'none', endpoint: glance.url } },
      nova: { auth: { kind: 'none', endpoint: nova.url } },
      placement: { auth: { kind: 'none', endpoint: placementServer.url } },
    });
    const { items } = await service.get<Page<Device>>('/v3/devices');
    for (const { id } of items) await service.post(`/v3/devices/${id}/ready`);
    await until('both can be given out', async () => {
      const devices = await service.get<Page<Device>>('/v3/devices');
      const known = (await deployables()).every(({ rp }) => rp !== null);
      return known && devices.items.every(({ state }) => state === 'ready');
    });
  }, 60_000);
  afterEach(async () => {
    await service?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function call(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(new URL(path, service.url), {
      method,
      headers: {
        'x-auth-token': service.token,
        'x-service-token': service.token,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }
  async function put(id: string, offset: number, bytes: Uint8Array): Promise<Answer> {
    const response = await fetch(new URL(`/v3/images/${id}/data?offset=${offset}`, service.url), {
      method: 'PUT',
      headers: { 'x-auth-token': service.token, 'content-type': 'application/octet-stream' },
      body: Buffer.from(bytes),
    });
    return { status: response.status, body: await response.json() };
  }
  const faultOf = ({ body }: Answer) =>
    JSON.parse((body as { error_message: string }).error_message) as { faultstring: string };

  async function deployables() {
    const { body } = await call('GET', '/v2/deployables');
    return (body as { deployables: (DeployableV2 & { rp_uuid: string | null })[] }).deployables.map(
      (shown) => ({
        ...shown,
        rp: shown.rp_uuid,
      }),
    );
  }
  async function deployableOf(address: string) {
    const found = (await deployables()).find(({ name }) => name === providerName(host, address));
    if (found === undefined) throw new Error(`no deployable at ${address}`);
    return found;
  }
  const programBody = (id: string) => [{ path: '/program', op: 'replace', value: [{ image_uuid: id }] }];
  const program = async (address: string, id: string) =>
    call('PATCH', `/v2/deployables/${(await deployableOf(address)).uuid}/program`, programBody(id));
  function afuOf(address: string): string {
    const device = realpathSync(join(machine.root, `sys/bus/pci/devices/${address}`));
    const file = execFileSync('find', [device, '-name', 'afu_id'], { encoding: 'utf8' }).trim();
    return file === '' ? '' : readFileSync(file, 'utf8').trim();
  }
  const placement = () => createPlacement(createSession({ auth: noAuth({ endpoint: placementServer.url }) }));
  const traitsInPlacement = async (address: string) =>
    (await placement().providerTraits.get(providerUuid(providerName(host, address))))
      .traits as readonly string[];

  async function bind(address: string, group: Record<string, string>, count = 1) {
    const name = `profile-${randomUUID()}`;
    await call('POST', '/v2/device_profiles', [
      { name, groups: [{ 'resources:FPGA': String(count), ...group }] },
    ]);
    const made = await call('POST', '/v2/accelerator_requests', { device_profile_name: name });
    const ids = (made.body as { arqs: Arq[] }).arqs.map(({ uuid }) => uuid);
    const instance = randomUUID();
    const values = {
      hostname: host,
      device_rp_uuid: (await deployableOf(address)).rp,
      instance_uuid: instance,
    };
    const operations = Object.entries(values).map(([path, value]) => ({
      path: `/${path}`,
      op: 'add',
      value,
    }));
    const answer = await call(
      'PATCH',
      '/v2/accelerator_requests',
      Object.fromEntries(ids.map((id) => [id, operations])),
    );
    return { answer, instance };
  }
  const arqsOf = async (instance: string) =>
    ((await call('GET', `/v2/accelerator_requests?instance=${instance}`)).body as { arqs: Arq[] }).arqs;
  const resolved = (instance: string) =>
    until(
      'the requests are resolved',
      async () => {
        const arqs = await arqsOf(instance);
        return arqs.every(({ state }) => state === 'Bound' || state === 'BindFailed') && arqs;
      },
      60_000,
    );
  const release = (instance: string) => call('DELETE', `/v2/accelerator_requests?instance=${instance}`);
  async function reasonOf(id: string | undefined): Promise<string> {
    type Told = { items: { type: string; subject: string; data: { reason?: string } }[] };
    const { items } = await service.get<Told>('/v3/events?limit=1000');
    return (
      items.find(({ type, subject }) => type.endsWith('bind_failed') && subject === id)?.data.reason ?? ''
    );
  }
  const newsOf = (instance: string) =>
    until('Nova has heard', async () => nova.calls.find(([event]) => event?.server_uuid === instance));

  it('are programmed by Cyborg’s own call, which answers when it is done', async () => {
    const image = glance.add(gbsImage({ functions: [one], ...large }));
    const answer = await program(whole, image.id);
    expect(answer).toMatchObject({ status: 200, body: { bitstream_id: image.id } });
    expect(afuOf(whole)).toBe(one);
    expect(await deployableOf(whole)).toMatchObject({ bitstream_id: image.id });
    await until('Placement has the new function alone', async () => {
      const functions = (await traitsInPlacement(whole)).filter((name) => name.includes('FUNCTION_ID'));
      return functions.length === 1 && functions[0] === traitOf(one);
    });
    const { items } = await service.get<Page<Operation>>('/v3/operations?verb=program');
    expect(items).toMatchObject([{ state: 'succeeded', progress: 1, requestedBy: 'admin' }]);
  });

  it.each([
    ['whose data breaks off is fetched on where it broke', () => ({ breakAfter: 5_000_000 }), true],
    ['of a store that cannot begin in the middle too', () => ({ breakAfter: 5_000_000 }), false],
    ['of a Glance that fails now and then too', () => ({ status: 503 }), true],
  ])(
    'an image %s',
    async (_what, trouble, ranges) => {
      const image = glance.add(gbsImage({ functions: [one], ...large }));
      glance.ranges = ranges;
      let times = 0;
      glance.trouble = (request) =>
        (request.url?.endsWith('/file') ?? false) && ++times === 1 ? trouble() : undefined;
      expect(await program(whole, image.id)).toMatchObject({ status: 200, body: { bitstream_id: image.id } });
      expect(afuOf(whole)).toBe(one);
    },
    60_000,
  );

  it('do not fetch again what lies on their host already', async () => {
    const image = glance.add(gbsImage({ functions: [one] }));
    await program(whole, image.id);
    await program(split, image.id);
    expect(glance.asked.filter((asked) => asked.includes('/file'))).toHaveLength(1);
    expect([afuOf(whole), afuOf(split)]).toEqual([one, one]);
  });

  it.each([
    ['is not there', () => randomUUID(), 404, /does not have image/],
    ['is queued', () => glance.add(gbsImage(), { status: 'queued' }).id, 400, /is queued in Glance/],
    [
      'has no hash',
      () => glance.add(gbsImage(), { checksum: null, os_hash_algo: null, os_hash_value: null }).id,
      400,
      /its hash as none/,
    ],
    [
      'is too large',
      () => glance.add(gbsImage(), { size: 2 ** 40 }).id,
      400,
      /conductor.imageLimitBytes allows/,
    ],
    [
      'is another than its hash says',
      () => glance.add(gbsImage(), { os_hash_value: 'a'.repeat(128) }).id,
      500,
      /came as sha512/,
    ],
    ['is shorter than it says', () => glance.add(gbsImage(), { size: 100_000 }).id, 500, /ended after/],
    ['is no image', () => glance.add(Buffer.from('#!/bin/sh')).id, 500, /it does not begin as a .gbs does/],
    [
      'is for another card',
      () => glance.add(gbsImage({ interfaceId: 'f'.repeat(32) })).id,
      500,
      /built for the interface/,
    ],
    [
      'has only a checksum and is another',
      () => glance.add(gbsImage(), { os_hash_algo: null, checksum: 'b'.repeat(32) }).id,
      500,
      /came as md5/,
    ],
  ] as const)(
    'are left as they are by an image that %s',
    async (_what, make, status, why) => {
      const before = afuOf(whole);
      const answer = await program(whole, make());
      expect(answer.status).toBe(status);
      expect(faultOf(answer).faultstring).toMatch(why);
      expect(afuOf(whole)).toBe(before);
      expect(await deployableOf(whole)).toMatchObject({ bitstream_id: null });
    },
    60_000,
  );

  it('are programmed before a server gets them, and Nova hears of it afterwards', async () => {
    const image = glance.add(gbsImage({ functions: [one], ...large }), { 'accel:function_id': one });
    const { answer, instance } = await bind(whole, { 'accel:bitstream_id': image.id });
    expect(answer.status).toBe(202);
    expect(await resolved(instance)).toMatchObject([{ state: 'Bound' }]);
    expect(afuOf(whole)).toBe(one);
    expect(await newsOf(instance)).toMatchObject([{ status: 'completed' }]);
    expect(await deployableOf(whole)).toMatchObject({ bitstream_id: image.id });
    await release(instance);

    const asked = glance.asked.length;
    const again = await bind(whole, { 'accel:function_id': one });
    expect(await arqsOf(again.instance)).toMatchObject([{ state: 'Bound' }]);
    expect(glance.asked).toHaveLength(asked);
  }, 60_000);

  it('get the image with the function that a profile asks for', async () => {
    glance.add(gbsImage({ functions: [two] }), { 'accel:function_id': two });
    const image = glance.add(gbsImage({ functions: [one] }), { 'accel:function_id': one });
    const { instance } = await bind(split, { 'accel:function_id': one }, 2);
    expect(await resolved(instance)).toMatchObject([{ state: 'Bound' }, { state: 'Bound' }]);
    expect(afuOf(split)).toBe(one);
    expect(await deployableOf(split)).toMatchObject({ bitstream_id: image.id });
  }, 60_000);

  it.each([
    ['there is no such image', () => ({ 'accel:bitstream_id': randomUUID() }), /does not have image/],
    ['no image has the function', () => ({ 'accel:function_id': two }), /no image in Glance has/],
    [
      'two images have the function',
      () => {
        for (const _ of [1, 2]) glance.add(gbsImage(), { 'accel:function_id': two });
        return { 'accel:function_id': two };
      },
      /several images/,
    ],
    [
      'the image has another function than it says',
      () => {
        glance.add(gbsImage({ functions: [one] }), { 'accel:function_id': two });
        return { 'accel:function_id': two };
      },
      /the profile wants function/,
    ],
    [
      'the image is broken',
      () => ({ 'accel:bitstream_id': glance.add(gbsImage(), { os_hash_value: 'a'.repeat(128) }).id }),
      /came as sha512/,
    ],
  ])(
    'are given to nobody when %s',
    async (_what, group, why) => {
      const { answer, instance } = await bind(whole, group());
      expect(answer.status).toBe(202);
      const [arq] = await resolved(instance);
      expect(arq).toMatchObject({ state: 'BindFailed', attach_handle_uuid: null });
      expect(await newsOf(instance)).toMatchObject([{ status: 'failed' }]);
      expect(await reasonOf(arq?.uuid)).toMatch(why);
      await release(instance);
      const next = await bind(whole, {});
      expect(await arqsOf(next.instance)).toMatchObject([{ state: 'Bound' }]);
    },
    60_000,
  );

  it('refuse a profile that makes no sense, at once', async () => {
    const both = { 'accel:bitstream_id': randomUUID(), 'accel:function_id': one };
    const { answer, instance } = await bind(whole, both);
    expect(answer.status).toBe(400);
    expect(faultOf(answer).faultstring).toMatch(/only one of/);
    expect(await arqsOf(instance)).toMatchObject([{ state: 'BindFailed' }]);
  });

  it('are not programmed under those who work with them, nor with two images at once', async () => {
    const image = glance.add(gbsImage({ functions: [one] }));
    const other = glance.add(gbsImage({ functions: [two] }));
    const plain = await bind(split, {});
    expect(await arqsOf(plain.instance)).toMatchObject([{ state: 'Bound' }]);
    const late = await bind(split, { 'accel:bitstream_id': image.id });
    expect(late.answer.status).toBe(409);
    expect(faultOf(late.answer).faultstring).toMatch(/did not ask for this image/);
    expect((await program(split, image.id)).status).toBe(409);
    await release(plain.instance);

    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    glance.hold = held;
    const first = await bind(split, { 'accel:bitstream_id': image.id });
    const second = await bind(split, { 'accel:bitstream_id': other.id });
    const unasking = await bind(split, {});
    expect([second.answer.status, unasking.answer.status]).toEqual([409, 409]);
    expect(faultOf(second.answer).faultstring).toMatch(/is being programmed/);
    const same = await bind(split, { 'accel:bitstream_id': image.id });
    go();
    expect(await resolved(first.instance)).toMatchObject([{ state: 'Bound' }]);
    expect(await resolved(same.instance)).toMatchObject([{ state: 'Bound' }]);
    expect(afuOf(split)).toBe(one);
  }, 60_000);

  it('are free for the next only when nobody writes to them any more', async () => {
    const image = glance.add(gbsImage({ functions: [one] }));
    let go = () => {};
    glance.hold = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { instance } = await bind(whole, { 'accel:bitstream_id': image.id });
    expect(await arqsOf(instance)).toMatchObject([{ state: 'BindStarted' }]);
    await release(instance);
    const next = await bind(whole, {});
    expect(next.answer.status).toBe(409);
    go();
    await until('its operation is over', async () => {
      const { items } = await service.get<Page<Operation>>('/v3/operations?verb=program');
      return items.every(({ state }) => state === 'canceled');
    });
    expect((await bind(whole, {})).answer.status).toBe(202);
    expect(afuOf(whole)).not.toBe(one);
  }, 60_000);

  describe('by our own API', () => {
    const client = () => createCyborgClient({ endpoint: service.url, auth: { token: service.token } });
    const idOf = async (address: string) => (await deployableOf(address)).uuid;
    const fileWith = (bytes: Uint8Array): string => {
      const file = join(directory, 'image.gbs');
      writeFileSync(file, bytes);
      return file;
    };

    it('take an upload, which goes on where it was cut off', async () => {
      const bytes = gbsImage({ functions: [two], ...large });
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const cyborg = client();
      const begun = (await call('POST', '/v3/images', { size: bytes.length, sha256 })).body as UploadedImage;
      const first = await put(begun.id, 0, bytes.subarray(0, 3_000_000));
      expect(first).toMatchObject({ status: 200, body: { state: 'uploading', received: 3_000_000 } });
      expect(await put(begun.id, 0, bytes.subarray(0, 10))).toMatchObject({
        status: 409,
        body: { code: 'image.wrong_offset', details: { received: 3_000_000 } },
      });
      const early = call('POST', `/v3/deployables/${await idOf(whole)}/program`, { upload: begun.id });
      expect(await early).toMatchObject({ status: 400, body: { code: 'image.unusable' } });

      const uploaded = await cyborg.images.upload(fileWith(bytes));
      expect(uploaded).toMatchObject({ id: begun.id, state: 'complete', received: bytes.length });
      const operation = await cyborg.deployables.program(await idOf(whole), { upload: uploaded.id });
      expect(await cyborg.operations.wait(operation.id)).toMatchObject({ state: 'succeeded' });
      expect(afuOf(whole)).toBe(two);
      expect(await deployableOf(whole)).toMatchObject({ bitstream_id: null });
      await cyborg.images.delete(uploaded.id);
      expect(await call('GET', `/v3/images/${uploaded.id}`)).toMatchObject({ status: 404 });
      await cyborg.close();
    }, 60_000);

    it('throw away an upload that is not what was announced', async () => {
      const made = await call('POST', '/v3/images', { size: 4, sha256: 'a'.repeat(64) });
      const { id } = made.body as UploadedImage;
      expect(await put(id, 0, Buffer.from('nope'))).toMatchObject({
        status: 400,
        body: { code: 'image.unusable' },
      });
      expect(await call('GET', `/v3/images/${id}`)).toMatchObject({ status: 404 });
    });

    it.each([
      [{ size: 2 ** 40, sha256: 'a'.repeat(64) }, 400, 'image.unusable'],
      [{ size: 0, sha256: 'a'.repeat(64) }, 400, 'request.invalid'],
      [{ size: 1, sha256: 'A'.repeat(64) }, 400, 'request.invalid'],
    ])('refuse the upload %j', async (body, status, code) => {
      expect(await call('POST', '/v3/images', body)).toMatchObject({ status, body: { code } });
    });

    it.each([
      [{}, 'request.invalid'],
      [{ url: 'http://example.org/x', digest: `sha256:${'a'.repeat(64)}` }, 'request.invalid'],
      [{ url: 'https://example.org/x' }, 'request.invalid'],
      [{ image: randomUUID(), upload: randomUUID() }, 'request.invalid'],
      [{ image: 'nope' }, 'request.invalid'],
      [{ upload: randomUUID() }, 'image.not_found'],
      [{ image: randomUUID() }, 'image.not_found'],
      [{ url: 'https://127.0.0.1:9/x', digest: `sha256:${'a'.repeat(64)}` }, 'image.unavailable'],
    ])('refuse the image %j', async (body, code) => {
      const path = `/v3/deployables/${await idOf(whole)}/program`;
      expect(await call('POST', path, body)).toMatchObject({ body: { code } });
    });

    it('tell what they would do, and do not do it', async () => {
      const image = glance.add(gbsImage({ functions: [one] }));
      const before = afuOf(whole);
      const cyborg = client();
      const operation = await cyborg.deployables.program(
        await idOf(whole),
        { image: image.id },
        { dryRun: true },
      );
      expect(await cyborg.operations.wait(operation.id)).toMatchObject({ state: 'succeeded' });
      expect(afuOf(whole)).toBe(before);
      await cyborg.close();
    });
  });
});
