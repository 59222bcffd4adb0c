import { createSession, type Interceptor, noAuth, type Session } from '@cyborgjs/openstack-session';
import { createPlacement, createTreeSync, type DesiredTree } from '@cyborgjs/placement-client';
import { findRealPlacement, startRealPlacement } from '@cyborgjs/placement-client/testing';
import type { Bench } from './bench.ts';
import { replay, type SentRequest } from './report-requests.ts';

const devices = 64;
const functions = 16;
const connections = 4;
/** Takes the place of the run's number in recorded requests. */
const runs = { count: 0 };

/** A tag of eight hexadecimal digits that no other run has. */
const nextTag = () => `F00D${(++runs.count).toString(16).padStart(4, '0').toUpperCase()}`;

/** A host with cards that share some traits; everything that must be unique has the tag in it. */
function aHost(tag: string): DesiredTree {
  const uuid = (index: number) => `${tag.toLowerCase()}-0000-4000-8000-${String(index).padStart(12, '0')}`;
  const name = `host-${tag}`;
  const shared = [1, 2, 3, 4].map((index) => `CUSTOM_${tag}_SHARED_${index}`);
  return {
    root: { uuid: uuid(0), name },
    createRoot: true,
    providers: Array.from({ length: devices }, (_, index) => ({
      uuid: uuid(index + 1),
      name: `${name}_0000:${index.toString(16).padStart(2, '0')}:00.0`,
      inventories: { [`CUSTOM_${tag}_FUNCTION`]: { total: functions, max_unit: 1 } },
      traits: ['OWNER_CYBORG', ...shared],
    })),
    ownedTrait: (trait) => trait === 'OWNER_CYBORG' || trait.startsWith('CUSTOM_'),
    ownedProvider: (provider) => provider.name.startsWith(`${name}_`),
  };
}

interface Prepared {
  readonly url: string;
  readonly session: Session;
  readonly recorded: readonly SentRequest[];
  close(): Promise<void>;
}

/** A real Placement, and the requests of one report to it in the order in which they were sent. */
async function prepare(): Promise<Prepared> {
  const { url, stop } = await startRealPlacement();
  const sent: SentRequest[] = [];
  const note: Interceptor = (next) => async (message) => {
    // All of Placement's bodies are JSON.
    const body = message.body?.toString();
    const entry = { method: message.method, target: message.url.pathname + message.url.search, body };
    const at = sent.push({ ...entry, status: 0 }) - 1;
    const answer = await next(message);
    sent[at] = { ...entry, status: answer.status };
    return answer;
  };
  const recording = createSession({ auth: noAuth({ endpoint: url }), interceptors: [note] });
  await createTreeSync(createPlacement(recording)).sync(aHost(recordedTag));
  await recording.close();
  const session = createSession({ auth: noAuth({ endpoint: url }), connections });
  return { url, session, recorded: sent, close: () => session.close().then(stop) };
}
const recordedTag = nextTag();
let prepared: Promise<Prepared> | undefined;

/** Ends the Placement, which would keep this process from its end. */
export async function close(): Promise<void> {
  await (await prepared)?.close();
}

/** A first report: providers, traits, inventory, to a Placement that knows nothing of the host. */
export const bench: Bench = {
  what: `report of ${devices} devices with ${functions} functions to a real Placement, ${connections} connections`,
  unit: 'ms',
  samples: 7,
  // What our side may add to the server's own time.
  limit: { timesBaseline: 1.15 },
  async missing() {
    return (await findRealPlacement()) === undefined ? 'no Placement is installed here' : undefined;
  },
  async measure() {
    prepared ??= prepare();
    const { session } = await prepared;
    const from = performance.now();
    await createTreeSync(createPlacement(session), { concurrency: connections }).sync(aHost(nextTag()));
    return performance.now() - from;
  },
  baseline: {
    what: 'the same requests sent by Node alone',
    async measure() {
      prepared ??= prepare();
      const { url, recorded } = await prepared;
      const tag = nextTag();
      const rename = (text: string) =>
        text.replaceAll(recordedTag, tag).replaceAll(recordedTag.toLowerCase(), tag.toLowerCase());
      const from = performance.now();
      await replay(recorded, { url, connections, rename });
      return performance.now() - from;
    },
  },
};
