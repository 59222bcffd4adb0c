import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Attachment, Device, Event, Operation, pageOf } from '@cyborgjs/core';
import { createFileRecords, listHeldAttachments } from '@cyborgjs/driver-sdk/host';
import { buildMachine, sriovNic } from '@cyborgjs/driver-sdk/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { until } from '../until.ts';
import { endKillableServices, type KillableService, startKillableService } from './killable-service.ts';

const host = 'sim1';
const cards = ['0000:41:00.0', '0000:42:00.0', '0000:43:00.0', '0000:44:00.0'];
const perCard = 50;
const count = cards.length * perCard;
/** The whole of it takes a while on a busy machine. */
const patienceMs = 240_000;
/** The service is killed so often, each time at a step that comes early or late. */
const kills = 3;

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'cyborg-crash-'));
});
afterAll(async () => {
  endKillableServices();
  await rm(home, { recursive: true, force: true });
});

async function writeConfig(): Promise<string> {
  const root = join(home, 'machine');
  buildMachine({
    root,
    seed: 'many',
    cards: cards.map((address) => sriovNic({ address, totalVfs: perCard })),
  });
  const devices = [
    { vendor: '8086', product: '1592', resourceClass: 'CUSTOM_NIC', virtualFunctions: perCard },
  ];
  const drivers = [{ package: '@cyborgjs/driver-pci', config: { devices } }];
  const configFile = join(home, 'cyborg.yaml');
  const config = {
    stateDir: home,
    api: { listen: { port: 0 }, requestsPerMinute: 100_000 },
    conductor: { reconcileGraceMs: 2000 },
    agent: { hosts: [{ name: host, machine: { kind: 'simulated', root }, drivers }] },
  };
  await writeFile(configFile, stringify(config));
  return configFile;
}

/** The same request as often as it takes to get an answer out of whichever life of the service. */
class Caller {
  #service: KillableService;

  constructor(service: KillableService) {
    this.#service = service;
  }

  use(service: KillableService): void {
    this.#service = service;
  }

  ask<Value>(path: string, schema: z.ZodType<Value>, init?: RequestInit): Promise<Value> {
    return until(
      `an answer to ${path}`,
      () => this.#service.ask(path, schema, init).catch(() => undefined),
      patienceMs,
    );
  }
}

async function all<Item extends z.ZodType>(
  caller: Caller,
  path: string,
  item: Item,
): Promise<z.output<Item>[]> {
  const { items } = await caller.ask(`${path}?limit=1000`, pageOf(item));
  return items as z.output<Item>[];
}

it(`ends each of ${count} operations once and truthfully, half of them cancelled, the service killed at random`, {
  timeout: 600_000,
}, async () => {
  const configFile = await writeConfig();
  let service = await startKillableService(configFile);
  const caller = new Caller(service);
  for (const { id } of await all(caller, '/v3/devices', Device)) {
    const headers = { 'idempotency-key': `ready ${id}` };
    await caller.ask(`/v3/devices/${id}/ready`, Operation, { method: 'POST', headers });
  }
  await until(
    'devices that are ready',
    async () => {
      const devices = await all(caller, '/v3/devices', Device);
      return devices.every(({ state }) => state === 'ready');
    },
    patienceMs,
  );

  const isOver = { value: false };
  const killing = (async () => {
    for (let kill = 0; kill < kills && !isOver.value; kill += 1) {
      await service.watch({ place: 'commit:after', time: 20 + Math.floor(Math.random() * 150) });
      await Promise.race([service.ended, until('the end', async () => isOver.value, patienceMs)]);
      if (isOver.value) return;
      service = await startKillableService(configFile);
      caller.use(service);
    }
  })();

  const attach = async (index: number): Promise<Attachment> => {
    const headers = { 'idempotency-key': `attach ${index}`, 'content-type': 'application/json' };
    const consumer = { type: 'host', id: `vm-${index}` };
    const body = JSON.stringify({ consumer, resourceClass: 'CUSTOM_NIC' });
    const made = await caller.ask('/v3/attachments', Attachment, { method: 'POST', headers, body });
    if (index % 2 === 0 || made.operationId === null) return made;
    await caller.ask(`/v3/operations/${made.operationId}/cancel`, Operation, { method: 'POST' });
    return made;
  };
  const asked = await Promise.all(Array.from({ length: count }, (_, index) => attach(index)));
  expect(new Set(asked.map(({ id }) => id)).size).toBe(count);

  const settled = await until(
    'the end of all',
    async () => {
      const attachments = await all(caller, '/v3/attachments', Attachment);
      const open = attachments.filter(({ state, handle }) =>
        state === 'attach_failed' ? handle !== null : state !== 'attached',
      );
      return open.length === 0 && attachments.length === count ? attachments : undefined;
    },
    patienceMs,
  );
  isOver.value = true;
  await killing;

  const operations = await all(caller, '/v3/operations', Operation);
  expect(operations.filter(({ endedAt }) => endedAt === null)).toEqual([]);
  const { items: events } = await caller.ask(
    '/v3/events?limit=1000&type=operation.ended',
    z.object({ items: z.array(Event) }),
  );
  const ends = Map.groupBy(events, ({ subject }) => subject);
  for (const { id, state } of operations)
    expect(
      ends.get(id)?.map(({ data }) => data.state),
      `ends of ${id}`,
    ).toEqual([state]);

  // What an attach says of its end is what the machine has: nobody else, nobody less.
  const attached = settled.filter(({ state }) => state === 'attached').map(({ consumer }) => consumer.id);
  const journal = await listHeldAttachments(createFileRecords(join(home, 'agents', host)));
  expect(journal.attachments.map(({ consumer }) => consumer.id).sort()).toEqual(attached.sort());
  const handles = settled.flatMap(({ handle }) => handle?.id ?? []);
  expect(new Set(handles).size).toBe(attached.length);
  const attaches = new Map<string | null, Operation>(
    operations.map((operation) => [operation.id, operation]),
  );
  for (const { state, operationId } of settled)
    if (state === 'attached')
      expect(attaches.get(operationId)).toMatchObject({ verb: 'attach', state: 'succeeded' });
  for (const index of asked.keys()) if (index % 2 === 0) expect(attached).toContain(`vm-${index}`);
  await service.stop();
});
