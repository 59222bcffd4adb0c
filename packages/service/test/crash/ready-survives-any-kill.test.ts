import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Device, Event, Operation, pageOf } from '@cyborgjs/core';
import { type PlacementDouble, startPlacementDouble } from '@cyborgjs/placement-client/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { providerUuid } from '../../src/agent/provider-tree.ts';
import { until } from '../until.ts';

const host = 'sim1';
const address = '0000:83:00.0';
const provider = providerUuid(`${host}_${address}`);

let directory: string;
let placement: PlacementDouble;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cyborg-crash-'));
  placement = await startPlacementDouble();
});
afterAll(async () => {
  await placement.close();
  await rm(directory, { recursive: true, force: true });
});

interface Service {
  readonly process: ChildProcess;
  readonly url: string;
  readonly token: string;
  /** Resolves with the place at which the process killed itself, or null when it ended otherwise. */
  readonly ended: Promise<string | null>;
}

async function startService(configFile: string): Promise<Service> {
  const child = fork(new URL('./service-under-kill.ts', import.meta.url), [configFile], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let killedAt: string | null = null;
  child.on('message', (message: { killedAt?: string }) => {
    killedAt = message.killedAt ?? killedAt;
  });
  const ended = new Promise<string | null>((resolve) => child.once('exit', () => resolve(killedAt)));
  const { url, tokenFile } = await messageWith<{ url: string; tokenFile: string }>(child, 'url');
  return { process: child, url, token: (await readFile(tokenFile, 'utf8')).trim(), ended };
}

function messageWith<Message>(child: ChildProcess, key: keyof Message & string): Promise<Message> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the service ended with ${code} before it said ${key}`)));
    child.on('message', (message: Message & object) => {
      if (key in message) resolve(message);
    });
  });
}

async function stopService(service: Service): Promise<void> {
  service.process.send({ stop: true });
  await service.ended;
}

async function ask<Value>(
  service: Service,
  path: string,
  schema: z.ZodType<Value>,
  init: RequestInit = {},
): Promise<Value> {
  const response = await fetch(new URL(path, service.url), {
    ...init,
    headers: { 'x-auth-token': service.token, ...init.headers },
  });
  const body: unknown = await response.json();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(body)}`);
  return schema.parse(body);
}

const gpu = async (service: Service) => {
  const { items } = await ask(service, '/v3/devices', pageOf(Device));
  const found = items.find((device) => device.address === address);
  if (found === undefined) throw new Error(`no device at ${address}`);
  return found;
};

const makeReady = (service: Service, id: string) =>
  ask(service, `/v3/devices/${id}/ready`, Operation, {
    method: 'POST',
    headers: { 'idempotency-key': 'the-one' },
  });

/** What is reserved of the GPU; undefined while Placement does not have it. */
async function reserved(): Promise<number | undefined> {
  const response = await fetch(`${placement.url}/resource_providers/${provider}/inventories`, {
    headers: { 'x-auth-token': 'admin', 'openstack-api-version': 'placement 1.39' },
  });
  const { inventories } = (await response.json()) as { inventories?: Record<string, { reserved: number }> };
  return inventories?.PGPU?.reserved;
}

/** One life: the service is killed at its nth step after "ready" was asked for, started again, and left to finish. */
async function lifeWithKillAt(step: number): Promise<string | null> {
  const home = join(directory, `kill-${step}`);
  const configFile = `${home}.yaml`;
  await writeFile(configFile, stringify(configOf(home)));
  placement.reset();

  const first = await startService(configFile);
  const { id } = await gpu(first);
  await until('a closed inventory in Placement', async () => (await reserved()) === 1);
  const counting = messageWith(first.process, 'counting' as never);
  first.process.send({ killAt: step });
  await counting;
  await makeReady(first, id).catch(() => undefined);
  const killedAt = await Promise.race([
    first.ended,
    until('open', async () => (await reserved()) === 0).then(() => null),
  ]);
  if (killedAt === null) await stopService(first);

  const second = await startService(configFile);
  await makeReady(second, id);
  await until(`device ready after a kill at ${killedAt}`, async () => (await gpu(second)).state === 'ready');
  await until(`inventory open after a kill at ${killedAt}`, async () => (await reserved()) === 0);

  const operations = await ask(second, `/v3/operations?device=${id}`, pageOf(Operation));
  expect(operations.items.map(({ verb, state }) => ({ verb, state }))).toEqual([
    { verb: 'install', state: 'succeeded' },
  ]);
  const events = await ask(second, '/v3/events?limit=1000', z.object({ items: z.array(Event) }));
  const ends = events.items.filter(
    ({ type, subject }) => type === 'operation.ended' && subject === operations.items[0]?.id,
  );
  expect(ends, `ends of the operation after a kill at ${killedAt}`).toHaveLength(1);
  await stopService(second);
  return killedAt;
}

function configOf(home: string) {
  const machine = { kind: 'simulated', root: join(home, 'machine') };
  return {
    stateDir: home,
    api: { listen: { port: 0 } },
    agent: { hosts: [{ name: host, machine, drivers: [{ package: '@cyborgjs/driver-gpu' }] }] },
    placement: { auth: { kind: 'none', endpoint: placement.url } },
  };
}

it('ends "ready" exactly once wherever the service is killed', { timeout: 300_000 }, async () => {
  const places: string[] = [];
  for (let step = 1; ; step++) {
    const killedAt = await lifeWithKillAt(step);
    if (killedAt === null) break;
    places.push(killedAt);
  }
  expect(places).toEqual(
    expect.arrayContaining(['commit:before', 'commit:after', 'ledger:before', 'ledger:after']),
  );
  expect(places.filter((place) => place.startsWith('command.operation'))).not.toHaveLength(0);
  expect(places.filter((place) => place.startsWith('fact.operation-result'))).not.toHaveLength(0);
  expect(places.filter((place) => place.startsWith('command.admit'))).not.toHaveLength(0);
});
