import { findRealKeystone } from '@cyborgjs/openstack-session/testing';
import { type TestDatabase, testDatabases } from '../packages/service/test/test-store.ts';
import { type ApiSite, identities, openSite, processorSeconds } from './api/api-site.ts';
import { bindCycle } from './api/bind-cycle.ts';
import { openConnection, requestOf } from './api/connection.ts';
import { asks, type LoadResult, putLoad } from './api/load.ts';
import { openedOnce } from './api/opened-once.ts';
import type { Bench } from './bench.ts';
import { memoryOf } from './built-service.ts';

const forMs = Number(process.env.CYBORG_BENCH_API_MS ?? 2_000);
const samples = 5;
const reading = 16;
const writing = 8;
const amounts = { devices: 1_000, handlesPerDevice: 8, bound: 5_000, others: 0 };

async function missing(database: TestDatabase): Promise<string | undefined> {
  if (database.missing !== undefined) return database.missing;
  return (await findRealKeystone()) === undefined ? 'no Keystone is installed here' : undefined;
}

const sites = openedOnce((database: TestDatabase) => openSite(database, amounts));

/** Reads through the API, held against fastify alone on the same rows. */
interface Read {
  readonly what: string;
  readonly share: number;
  paths(site: ApiSite): { readonly ours: readonly string[]; readonly bare: readonly string[] };
}

const reads: Readonly<Record<string, Read>> = {
  device: {
    what: 'GET of one device',
    share: 0.5,
    paths: ({ seeded }) => ({
      ours: seeded.devices.map((id) => `/v2/devices/${id}`),
      bare: seeded.devices.map((id) => `/devices/${id}`),
    }),
  },
  request: {
    what: 'GET of one accelerator request',
    share: 0.5,
    paths: ({ seeded }) => ({
      ours: seeded.requests.map((id) => `/v2/accelerator_requests/${id}`),
      bare: seeded.requests.map((id) => `/accelerator_requests/${id}`),
    }),
  },
  devices: {
    what: `GET of the list of ${amounts.devices} devices`,
    share: 0.6,
    paths: () => ({ ours: ['/v2/devices'], bare: ['/devices'] }),
  },
  requests: {
    what: `GET of the list of ${amounts.bound} accelerator requests`,
    share: 0.6,
    paths: () => ({ ours: ['/v2/accelerator_requests'], bare: ['/accelerator_requests'] }),
  },
};

function readBench(database: TestDatabase, { what, share, paths }: Read): Bench {
  return {
    what: `${what}, ${database.kind}, tokens of Keystone, ${reading} connections`,
    unit: 'requests/s',
    samples,
    limit: { atLeastTimesBaseline: share },
    missing: () => missing(database),
    async measure() {
      const site = await sites.get(database);
      const headers = { 'x-auth-token': site.headers['x-auth-token'] ?? '' };
      const requests = paths(site).ours.map((path) => requestOf('GET', path, { headers }));
      return (await load(site.service, requests)).perSecond;
    },
    baseline: {
      what: 'fastify alone on the same rows',
      async measure() {
        const site = await sites.get(database);
        return (
          await load(
            site.bare,
            paths(site).bare.map((path) => requestOf('GET', path)),
          )
        ).perSecond;
      },
    },
  };
}

/** Says beside what it measures how much processor time of the server one request took: busy machines do not change that. */
async function load(
  { port, pid }: { readonly port: number; readonly pid: number },
  requests: readonly Buffer[],
): Promise<LoadResult> {
  const [secondsBefore, from] = [processorSeconds(pid), performance.now()];
  let count = 0;
  const ask = asks(requests);
  const turn: typeof ask = (connection, number) => {
    count += 1;
    return ask(connection, number);
  };
  const result = await putLoad({ port, connections: reading, forMs, turn });
  const spent = processorSeconds(pid) - secondsBefore;
  const busy = (100_000 * spent) / (performance.now() - from);
  console.error(
    `    ${((spent * 1e6) / count).toFixed(0)} us of processor time each, ${busy.toFixed(0)} % of a processor; p99 ${result.p99Ms.toFixed(1)} ms`,
  );
  return result;
}

function cycleBench(database: TestDatabase): Bench {
  return {
    what: `requests created, bound and deleted, ${database.kind}, ${writing} connections`,
    unit: 'cycles/s',
    samples,
    warmUps: 4,
    limit: { atLeastTimesBaseline: 0.5 },
    missing: () => missing(database),
    async measure() {
      const { service, seeded, headers } = await sites.get(database);
      const turn = bindCycle({ headers, profile: seeded.profile, providers: seeded.providers });
      return (await putLoad({ port: service.port, connections: writing, forMs, turn })).perSecond;
    },
    baseline: {
      what: 'the same rows written in as many bare transactions',
      async measure() {
        const { bare, seeded } = await sites.get(database);
        return bare.writes({ forMs, atOnce: writing, profile: seeded.profileId });
      },
    },
  };
}

/** How much longer the slowest of a hundred waits than the one in the middle, with many clients. */
function tailBench(database: TestDatabase): Bench {
  const connections = 64;
  return {
    what: `p99 of GET of one device as a multiple of p50, ${database.kind}, ${connections} connections`,
    unit: 'times',
    samples,
    limit: { atMost: 10 },
    missing: () => missing(database),
    async measure() {
      const { service, seeded, headers } = await sites.get(database);
      const requests = seeded.devices.map((id) => requestOf('GET', `/v2/devices/${id}`, { headers }));
      const turn = asks(requests);
      const { p50Ms, p99Ms } = await putLoad({ port: service.port, connections, forMs, turn });
      return p99Ms / p50Ms;
    },
  };
}

const others = { devices: 50, handlesPerDevice: 8, bound: 10 };
const sitesBeside = openedOnce((key: string) => {
  const [kind = '', count = ''] = key.split(' ');
  const database = testDatabases.find((one) => one.kind === kind) as TestDatabase;
  return openSite(database, { ...others, others: Number(count) });
});

/** What a server costs, from its first request to its last, beside many requests of others: median of many. */
async function costBeside(database: TestDatabase, count: number): Promise<number> {
  const { service, seeded, headers } = await sitesBeside.get(`${database.kind} ${count}`);
  const turn = bindCycle({ headers, profile: seeded.profile, providers: seeded.providers, listing: true });
  return (await putLoad({ port: service.port, connections: 1, forMs, turn })).p50Ms;
}

function besideBench(database: TestDatabase, count: number): Bench {
  return {
    what: `requests created, bound, listed and deleted by server beside ${count} others, ${database.kind}`,
    unit: 'ms',
    samples,
    // The same but for noise.
    limit: { timesBaseline: 1.5 },
    missing: () => missing(database),
    measure: () => costBeside(database, count),
    baseline: { what: 'the same beside 10 others', measure: () => costBeside(database, 10) },
  };
}

/** Requests for which memory is watched; CYBORG_BENCH_REQUESTS=1000000 takes a while. */
const watched = Number(process.env.CYBORG_BENCH_REQUESTS ?? 50_000);

function memoryBench(database: TestDatabase): Bench {
  return {
    what: `growth of memory over ${watched} requests, ${database.kind}, after a fifth of them`,
    unit: 'MiB',
    samples: 1,
    limit: { atMost: 48 },
    missing: () => missing(database),
    async measure() {
      const { service, seeded, headers } = await sites.get(database);
      const requests = [
        ...seeded.devices.map((id) => `/v2/devices/${id}`),
        '/v2/device_profiles',
        '/v2/nothing',
      ];
      const bytes = requests.map((path) => requestOf('GET', path, { headers }));
      const send = async (count: number) => {
        const opened = await Promise.all(Array.from({ length: reading }, () => openConnection(service.port)));
        await Promise.all(
          opened.map(async (connection, first) => {
            for (let number = first; number < count; number += reading)
              await connection.ask(bytes[number % bytes.length] as Buffer);
            connection.close();
          }),
        );
      };
      await send(watched / 5);
      const before = memoryOf(service.pid, 'Rss');
      await send(watched);
      return memoryOf(service.pid, 'Rss') - before;
    },
  };
}

export const benches: Readonly<Record<string, Bench>> = Object.fromEntries(
  testDatabases.flatMap((database) => [
    ...Object.entries(reads).map(([name, read]) => [`${database.kind} ${name}`, readBench(database, read)]),
    [`${database.kind} cycle`, cycleBench(database)],
    [`${database.kind} tail`, tailBench(database)],
    [`${database.kind} beside-1000`, besideBench(database, 1_000)],
    [`${database.kind} beside-100000`, besideBench(database, 100_000)],
    [`${database.kind} memory`, memoryBench(database)],
  ]),
);

/** Stops the servers, and Keystone after them. */
export async function close(): Promise<void> {
  await Promise.all([sites.stop(), sitesBeside.stop()]);
  await identities.stop();
}
