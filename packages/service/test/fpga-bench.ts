import { execFile, execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Device, Page } from '@cyborgjs/core';
import { buildMachine, intelFpgaDfl } from '@cyborgjs/driver-sdk/simulator';
import { createSession, noAuth } from '@cyborgjs/openstack-session';
import { createPlacement } from '@cyborgjs/placement-client';
import {
  findRealPlacement,
  startPlacementDouble,
  startRealPlacement,
} from '@cyborgjs/placement-client/testing';
import { providerName, providerUuid } from '../src/agent/provider-tree.ts';
import { type RunningService, startService } from './running-service.ts';
import { type ScriptedGlance, startScriptedGlance } from './scripted-glance.ts';
import { type ScriptedNova, startScriptedNova } from './scripted-nova.ts';
import { until } from './until.ts';

export const fpgaHost = 'fpga-host';
/** An FPGA that is given out whole, and one that has two virtual functions. */
export const whole = '0000:b1:00.0';
export const split = '0000:b2:00.0';
/** Functions of made-up images. */
export const one = 'c000c9660d8242729aeffe5f84570612';
export const two = '0123456789abcdef0123456789abcdef';
/** Of an image that is more than is asked for at once. */
export const large = { bitstreamBytes: 9 * 1024 * 1024 };

export interface Arq {
  readonly uuid: string;
  readonly state: string;
  readonly attach_handle_uuid: string | null;
}
interface DeployableV2 {
  readonly uuid: string;
  readonly name: string;
  readonly rp_uuid: string | null;
  readonly bitstream_id: string | null;
}
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What surrounds a service: a Glance and a Nova from scripts, and Placement, the real one where it is installed. */
export interface FpgaCloud {
  readonly glance: ScriptedGlance;
  readonly nova: ScriptedNova;
  readonly placementUrl: string;
  close(): Promise<void>;
}

export async function openFpgaCloud(): Promise<FpgaCloud> {
  const [glance, nova, real] = [
    await startScriptedGlance(),
    await startScriptedNova(),
    await findRealPlacement(),
  ];
  const placement = real === undefined ? await startPlacementDouble() : await startRealPlacement(real);
  return {
    glance,
    nova,
    placementUrl: placement.url,
    async close() {
      await glance.close();
      await nova.close();
      await ('stop' in placement ? placement.stop() : placement.close());
    },
  };
}

/** A whole service with a simulated host of two FPGAs, both ready, its driver in a process of its own. */
export class FpgaBench {
  readonly cloud: FpgaCloud;
  readonly directory: string;
  readonly root: string;
  readonly service: RunningService;

  private constructor(cloud: FpgaCloud, directory: string, service: RunningService) {
    this.cloud = cloud;
    this.directory = directory;
    this.root = join(directory, 'machine');
    this.service = service;
  }

  static async open(cloud: FpgaCloud, settings: Readonly<Record<string, unknown>> = {}): Promise<FpgaBench> {
    cloud.glance.reset();
    cloud.nova.calls.splice(0);
    const directory = mkdtempSync(join(tmpdir(), 'cyborg-program-'));
    const cards = [intelFpgaDfl({ address: whole }), intelFpgaDfl({ address: split, numVfs: 2 })];
    buildMachine({ root: join(directory, 'machine'), cards });
    const service = await startService({ ...fpgaConfig(cloud, directory), ...settings, stateDir: directory });
    const bench = new FpgaBench(cloud, directory, service);
    await bench.#makeReady();
    return bench;
  }

  async close(): Promise<void> {
    await this.service.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #makeReady(): Promise<void> {
    const devices = async () => (await this.service.get<Page<Device>>('/v3/devices')).items;
    for (const { id } of await devices()) await this.service.post(`/v3/devices/${id}/ready`);
    await until('both can be given out', async () => {
      const known = (await this.deployables()).every((deployable) => deployable.rp_uuid !== null);
      return known && (await devices()).every(({ state }) => state === 'ready');
    });
  }

  /** Asks as an administrator and a service at once. */
  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const isBytes = body instanceof Uint8Array;
    const response = await fetch(new URL(path, this.service.url), {
      method,
      headers: {
        'x-auth-token': this.service.token,
        'x-service-token': this.service.token,
        ...(body !== undefined && {
          'content-type': isBytes ? 'application/octet-stream' : 'application/json',
        }),
      },
      ...(body !== undefined && { body: isBytes ? Buffer.from(body) : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  /** Runs `cyborg` as a person would. */
  cyborg(
    ...args: string[]
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
    const command = fileURLToPath(new URL('../../client/src/main.ts', import.meta.url));
    const env = {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      CYBORG_ENDPOINT: this.service.url,
      CYBORG_STATE_DIR: this.directory,
    };
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        ['--conditions=cyborg-source', command, ...args],
        { env },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  }

  async deployables(): Promise<readonly DeployableV2[]> {
    const { body } = await this.call('GET', '/v2/deployables');
    return (body as { deployables: DeployableV2[] }).deployables;
  }

  async deployableAt(address: string): Promise<DeployableV2> {
    const found = (await this.deployables()).find(({ name }) => name === providerName(fpgaHost, address));
    if (found === undefined) throw new Error(`no deployable at ${address}`);
    return found;
  }

  /** Cyborg's own call, with the path that openstacksdk sends. */
  async program(address: string, image: string): Promise<Answer> {
    const { uuid } = await this.deployableAt(address);
    const body = [{ path: '/program', op: 'replace', value: [{ image_uuid: image }] }];
    return this.call('PATCH', `/v2/deployables/${uuid}/program/${uuid}`, body);
  }

  /** The function that is in the region of a card, as the kernel shows it. */
  functionOf(address: string): string {
    const device = realpathSync(join(this.root, `sys/bus/pci/devices/${address}`));
    const file = execFileSync('find', [device, '-name', 'afu_id'], { encoding: 'utf8' }).trim();
    return file === '' ? '' : readFileSync(file, 'utf8').trim();
  }

  /** Traits in Placement that tell of functions. */
  async functionTraits(address: string): Promise<readonly string[]> {
    const session = createSession({ auth: noAuth({ endpoint: this.cloud.placementUrl }) });
    const provider = providerUuid(providerName(fpgaHost, address));
    const { traits } = await createPlacement(session).providerTraits.get(provider);
    await session.close();
    return traits.filter((name) => name.includes('FUNCTION_ID'));
  }

  /** Makes requests from a profile of one group, as Nova does, and binds them for a new server. */
  async bind(address: string, group: Record<string, string>, count = 1) {
    const name = `profile-${randomUUID()}`;
    const groups = [{ 'resources:FPGA': String(count), ...group }];
    await this.call('POST', '/v2/device_profiles', [{ name, groups }]);
    const made = await this.call('POST', '/v2/accelerator_requests', { device_profile_name: name });
    const instance = randomUUID();
    const { rp_uuid } = await this.deployableAt(address);
    const values = { hostname: fpgaHost, device_rp_uuid: rp_uuid, instance_uuid: instance };
    const operations = Object.entries(values).map(([path, value]) => ({
      path: `/${path}`,
      op: 'add',
      value,
    }));
    const patch = Object.fromEntries(
      (made.body as { arqs: Arq[] }).arqs.map(({ uuid }) => [uuid, operations]),
    );
    return { answer: await this.call('PATCH', '/v2/accelerator_requests', patch), instance };
  }

  async arqsOf(instance: string): Promise<readonly Arq[]> {
    const { body } = await this.call('GET', `/v2/accelerator_requests?instance=${instance}`);
    return (body as { arqs: Arq[] }).arqs;
  }

  /** The requests of a server when none of them waits any more. */
  resolved(instance: string): Promise<readonly Arq[]> {
    const look = async () => {
      const arqs = await this.arqsOf(instance);
      return arqs.every(({ state }) => state === 'Bound' || state === 'BindFailed') && arqs;
    };
    return until('the requests are resolved', look, 60_000);
  }

  release(instance: string): Promise<Answer> {
    return this.call('DELETE', `/v2/accelerator_requests?instance=${instance}`);
  }

  /** What Nova was told of a server. */
  newsOf(instance: string) {
    const { calls } = this.cloud.nova;
    return until('Nova has heard', async () => calls.find(([event]) => event?.server_uuid === instance));
  }

  /** Why a request could not be bound. */
  async reasonOf(id: string | undefined): Promise<string> {
    type Told = { items: { type: string; subject: string; data: { reason?: string } }[] };
    const { items } = await this.service.get<Told>('/v3/events?limit=1000');
    return (
      items.find(({ type, subject }) => type.endsWith('bind_failed') && subject === id)?.data.reason ?? ''
    );
  }
}

/** The configuration of a service in such a cloud, whose machine is in the directory. */
export function fpgaConfig({ glance, nova, placementUrl }: FpgaCloud, directory: string) {
  const without = (endpoint: string) => ({ auth: { kind: 'none', endpoint } });
  return {
    conductor: { imageLimitBytes: 32 * 1024 * 1024, maxAttempts: 2 },
    agent: {
      hosts: [
        {
          name: fpgaHost,
          machine: { kind: 'simulated', root: join(directory, 'machine') },
          drivers: [{ package: '@cyborgjs/driver-fpga' }],
        },
      ],
    },
    glance: without(glance.url),
    nova: without(nova.url),
    placement: without(placementUrl),
  };
}

/** What the error of a call below `/v2` says, out of its two encodings. */
export function faultOf({ body }: Answer): string {
  return JSON.parse((body as { error_message: string }).error_message).faultstring;
}
