import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DeviceState, type ResourceClass, type Trait, Uuid } from '@cyborgjs/core';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { pino } from 'pino';
import type { Bus } from '../bus/bus.ts';
import { createMemoryBus } from '../bus/memory-bus.ts';
import type { Conductor } from '../conductor/conductor.ts';
import { defaultConductorSettings } from '../conductor/conductor-settings.ts';
import { createConductor } from '../conductor/create-conductor.ts';
import { createStore } from '../store/create-store.ts';
import type { NewDevice } from '../store/device.ts';
import type { Store } from '../store/store.ts';
import type { StoreTarget } from '../store/store-init.ts';
import { type ApiComponents, type ApiSettings, defaultApiSettings } from './api-components.ts';
import { createApi } from './create-api.ts';
import { createPolicy } from './policy.ts';
import { createTokenAuthenticator, hashToken } from './token-authenticator.ts';

export const personas = ['admin', 'manager', 'member', 'reader', 'service'] as const;
export type Persona = (typeof personas)[number];

/** An answer as tests look at it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly json: () => ReturnType<typeof JSON.parse>;
}

/** The API over a real store, in memory, and a real conductor whose workers stand still. */
export interface TestApi {
  readonly app: FastifyInstance;
  readonly store: Store;
  readonly bus: Bus;
  readonly conductor: Conductor;
  /** Statements sent to the database so far, transactions aside. */
  readonly statements: readonly string[];
  /** Lines of the log, read. */
  readonly logged: readonly Record<string, unknown>[];
  /** Milliseconds since the epoch; tests move it. */
  readonly clock: { now: number };
  /** Ids that the conductor gives out next; random ones when there are none. */
  readonly ids: Uuid[];
  /** Every request goes with `Host: 127.0.0.1:6666` and as `admin`, unless it says otherwise; null is without a token. */
  readonly call: (request: InjectOptions & { readonly as?: Persona | null }) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

/** Starts one, on a database of its own in memory unless told otherwise; each persona's token is its name. */
export async function startTestApi(
  settings: Partial<ApiSettings> = {},
  components: Partial<Pick<ApiComponents, 'authenticator' | 'policy' | 'placement' | 'peers'>> = {},
  target: StoreTarget = { kind: 'sqlite', file: ':memory:' },
): Promise<TestApi> {
  const logged: Record<string, unknown>[] = [];
  const log = pino({ level: 'info' }, { write: (line) => logged.push(JSON.parse(line)) });
  const clock = { now: Date.parse('2026-01-01T08:57:27.123Z') };
  const ids: Uuid[] = [];
  const ports = {
    now: () => clock.now,
    newId: () => ids.shift() ?? Uuid.parse(randomUUID()),
    random: Math.random,
    randomBytes,
    pause: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined),
    log,
  };
  const statements: string[] = [];
  const onStatement = (sql: string) => void statements.push(sql);
  const store = await createStore(target, { ...ports, onStatement });
  const bus = createMemoryBus({ sleep: ports.pause, log });
  const conductor = createConductor(
    { ...ports, store, bus, nova: null, glance: null, claims: null },
    defaultConductorSettings,
  );
  const tokens = personas.map((name) => ({ name, sha256: hashToken(name), roles: [name], project: 'p1' }));
  const app = createApi(
    {
      store,
      conductor,
      bus,
      log,
      placement: null,
      peers: [],
      version: '1.2.3',
      now: ports.now,
      authenticator: createTokenAuthenticator(tokens),
      policy: createPolicy(),
      newId: () => Uuid.parse(randomUUID()),
      ...components,
    },
    { ...defaultApiSettings, ...settings },
  );
  return {
    app,
    store,
    bus,
    conductor,
    logged,
    statements,
    clock,
    ids,
    async call({ as = 'admin', headers, ...request }) {
      const token = as === null ? {} : { 'x-auth-token': as };
      const all = { host: '127.0.0.1:6666', ...token, ...headers };
      const response = await app.inject({ ...request, headers: all });
      return {
        status: response.statusCode,
        headers: response.headers,
        text: response.body,
        json: () => JSON.parse(response.body),
      };
    },
    async close() {
      await app.close();
      await bus.close();
      await store.close();
    },
  };
}

/** What the error of an operation below `/v2` says, out of its two encodings. */
export function faultOf(answer: Answer): { readonly faultcode: string; readonly faultstring: string } {
  return JSON.parse(answer.json().error_message);
}

/** A device to store, an FPGA unless told otherwise. */
export function aDevice(changes: Partial<NewDevice> = {}): NewDevice {
  return {
    id: Uuid.parse(randomUUID()),
    host: 'compute1',
    driver: 'fake',
    identity: 'serial-1',
    kind: 'FPGA',
    vendor: '0xABCD',
    model: 'miss model info',
    address: '0000:0c:00.0',
    numaNode: null,
    health: { state: 'ok' },
    firmware: {},
    attributes: { device_id: '0xabcd', class: 'Fake class' },
    state: 'ready' satisfies DeviceState,
    ...changes,
  };
}

/** Stores a host with its driver and one device with a deployable of 16 handles, as a report would. */
export async function putDevice(
  { store }: TestApi,
  device: NewDevice,
  deployableId = Uuid.parse(randomUUID()),
): Promise<void> {
  await store.transaction(async (transaction) => {
    await transaction.hosts.ensure(device.host);
    await transaction.hosts.update(device.host, { state: 'up' });
    await transaction.hosts.putDrivers(device.host, [
      {
        id: device.driver,
        package: '@example/driver-fake',
        version: '1.0.0',
        state: 'running',
        verbs: ['discover', 'install'],
        restarts: 0,
        failure: null,
      },
    ]);
    await transaction.devices.insert([device]);
    const traits = ['CUSTOM_FAKE_DEVICE' as Trait];
    const resourceClass = 'FPGA' as ResourceClass;
    await transaction.deployables.insert([
      { id: deployableId, deviceId: device.id, name: 'FakeDevice', resourceClass, traits, total: 16 },
    ]);
    await transaction.deployables.insertHandles(
      Array.from({ length: 16 }, (_, index) => ({
        deployableId,
        id: `handle${index}`,
        type: 'TEST_PCI',
        info: { domain: '0000', bus: '0c', device: '0', function: '1' },
      })),
    );
    await transaction.attributes.insert([
      { id: Uuid.parse(randomUUID()), deployableId, key: 'traits1', value: 'CUSTOM_FAKE_DEVICE' },
      { id: Uuid.parse(randomUUID()), deployableId, key: 'rc', value: 'FPGA' },
    ]);
  });
}
