import type { Session } from '@cyborgjs/openstack-session';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aName, aUuid, clientOf, describeWithPlacement } from '../test/placement-peers.ts';
import { aClaim, aProvider, aProviderOfPgpu } from '../test/provider-builders.ts';
import type { Placement } from './placement.ts';
import type { Fault, RequestMatch } from './testing/faulty-server.ts';

/** What a trouble leaves behind, and so what may be done about it. */
type Outcome =
  /** Nothing happened: every call is repeated. */
  | 'refused'
  /** Nothing happened, as it turns out; nobody could know, so that only what is safe is repeated. */
  | 'uncertain'
  /** All was done, and nobody knows: what is safe is repeated, and meets its own traces. */
  | 'lost'
  /** The service has a defect: nothing is repeated. */
  | 'defect'
  /** Nothing is wrong. */
  | 'fine';

interface Trouble {
  readonly name: string;
  readonly fault: Fault;
  readonly outcome: Outcome;
  /** Waited at least before the repeat. */
  readonly waitMs?: number;
}

const answer = (status: number, body: unknown, headers: Record<string, string> = {}): Fault => ({
  kind: 'answer',
  status,
  body,
  headers,
});
const html = '<html><head><title>x</title></head><body><h1>Bad Gateway</h1></body></html>';
const later = { 'retry-after': '7' };

const troubles: readonly Trouble[] = [
  { name: 'a cut connection', fault: { kind: 'drop-request' }, outcome: 'uncertain' },
  { name: 'a lost reply', fault: { kind: 'drop-reply' }, outcome: 'lost' },
  { name: 'a reply cut half-way', fault: { kind: 'cut-answer' }, outcome: 'lost' },
  { name: 'a 401', fault: answer(401, { error: { code: 401, title: 'Unauthorized' } }), outcome: 'refused' },
  { name: 'a 429', fault: answer(429, 'slower'), outcome: 'refused' },
  {
    name: 'a 429 with Retry-After',
    fault: answer(429, 'slower', later),
    outcome: 'refused',
    waitMs: 7000,
  },
  { name: 'a 503', fault: answer(503, { code: '503 Service Unavailable' }), outcome: 'uncertain' },
  { name: 'a 503 with Retry-After', fault: answer(503, '', later), outcome: 'uncertain', waitMs: 7000 },
  {
    name: 'a 502 in HTML',
    fault: answer(502, html, { 'content-type': 'text/html' }),
    outcome: 'uncertain',
  },
  { name: 'a 500 in text', fault: answer(500, 'Traceback: boom'), outcome: 'defect' },
  { name: 'an idle connection closed', fault: { kind: 'close-idle' }, outcome: 'fine' },
  { name: 'a slow body', fault: { kind: 'slow-body', pauseMs: 20 }, outcome: 'fine' },
];

/** A call that is about to be made. */
interface Prepared {
  readonly match: RequestMatch;
  act(): Promise<unknown>;
  /** Whether what it is for is there. */
  isDone(): Promise<boolean>;
}

interface Call {
  readonly name: string;
  prepare(placement: Placement): Promise<Prepared>;
  /** The code that a repeat meets after a lost reply; none when it succeeds. */
  readonly afterLoss?: string;
  /** Whether it is not safe to repeat. */
  readonly isOnce?: boolean;
}

const calls: readonly Call[] = [
  {
    name: 'a read',
    async prepare({ resourceProviders }) {
      let found: unknown[] = [];
      const act = async () => {
        found = await resourceProviders.list({ uuid: aUuid() });
        found.push('read');
      };
      return { match: { method: 'GET' }, act, isDone: async () => found.length === 1 };
    },
  },
  {
    name: 'a new trait',
    async prepare({ traits }) {
      const name = aName('CUSTOM_NEW');
      return { match: { method: 'PUT' }, act: () => traits.ensure(name), isDone: () => traits.exists(name) };
    },
  },
  {
    name: 'inventory',
    afterLoss: 'placement.concurrent_update',
    async prepare(placement) {
      const { uuid } = await aProvider(placement);
      const body = { resource_provider_generation: 0, inventories: { PGPU: { total: 3 } } };
      return {
        match: { method: 'PUT' },
        act: () => placement.inventories.replace(uuid, body),
        isDone: async () => (await placement.inventories.get(uuid)).inventories.PGPU?.total === 3,
      };
    },
  },
  {
    name: 'a new provider',
    afterLoss: 'placement.duplicate_name',
    async prepare({ resourceProviders }) {
      const uuid = aUuid();
      return {
        match: { method: 'POST' },
        act: () => resourceProviders.create({ uuid, name: aName('rp') }),
        isDone: async () => (await resourceProviders.list({ uuid })).length === 1,
      };
    },
  },
  {
    name: 'a deletion',
    afterLoss: 'placement.not_found',
    async prepare(placement) {
      const { uuid } = await aProvider(placement);
      return {
        match: { method: 'DELETE' },
        act: () => placement.resourceProviders.delete(uuid),
        isDone: async () => (await placement.resourceProviders.list({ uuid })).length === 0,
      };
    },
  },
  {
    name: 'allocations',
    afterLoss: 'placement.consumer_conflict',
    async prepare(placement) {
      const [provider, consumer] = [await aProviderOfPgpu(placement), aUuid()];
      return {
        match: { method: 'PUT' },
        act: () => placement.allocations.replace(consumer, aClaim(provider, 1)),
        isDone: async () => provider in (await placement.allocations.get(consumer)).allocations,
      };
    },
  },
  {
    name: 'allocations of many',
    isOnce: true,
    async prepare(placement) {
      const [provider, consumer] = [await aProviderOfPgpu(placement), aUuid()];
      return {
        match: { method: 'POST' },
        act: () => placement.allocations.replaceMany({ [consumer]: aClaim(provider, 1) }),
        isDone: async () => provider in (await placement.allocations.get(consumer)).allocations,
      };
    },
  },
  {
    name: 'a reshaping',
    afterLoss: 'placement.concurrent_update',
    async prepare(placement) {
      const { uuid } = await aProvider(placement);
      const inventories = {
        [uuid]: { resource_provider_generation: 0, inventories: { PGPU: { total: 3 } } },
      };
      return {
        match: { path: '/reshaper' },
        act: () => placement.reshaper.post({ inventories, allocations: {} }),
        isDone: async () => (await placement.inventories.get(uuid)).inventories.PGPU?.total === 3,
      };
    },
  },
];

/** How a call ends in a trouble: the error, if any, and whether it was done. */
function expected({ outcome, fault }: Trouble, { afterLoss, isOnce = false }: Call) {
  const status = fault.kind === 'answer' ? fault.status : undefined;
  const failure = status === undefined ? { code: 'session.unreachable' } : { status };
  if (outcome === 'defect') return { error: { status, kind: 'internal' }, isDone: false };
  if (outcome === 'uncertain' && isOnce) return { error: failure, isDone: false };
  if (outcome !== 'lost') return { error: undefined, isDone: true };
  if (isOnce) return { error: failure, isDone: true };
  return { error: afterLoss === undefined ? undefined : { code: afterLoss }, isDone: true };
}

describeWithPlacement('faults', (bench) => {
  let waits: number[];
  let session: Session;
  let placement: Placement;
  beforeEach(() => {
    bench.server.forget();
    waits = [];
    const sleep = async (ms: number) => void waits.push(ms);
    ({ session, placement } = clientOf(bench, { sleep }));
  });
  afterEach(() => session.close());

  describe.each(troubles)('$name', (trouble) => {
    it.each(calls)('in the way of $name', async (call) => {
      const { match, act, isDone } = await call.prepare(placement);
      let isMade = false;
      bench.server.intercept((request) => {
        if (isMade || !fits(request, match)) return undefined;
        isMade = true;
        return trouble.fault;
      });
      const { error, isDone: shallBeDone } = expected(trouble, call);
      const caught = await act().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(isMade).toBe(true);
      if (error === undefined) expect(caught).toBeUndefined();
      else expect(caught).toMatchObject(error);
      if (error === undefined && trouble.waitMs !== undefined)
        expect(Math.min(...waits)).toBeGreaterThanOrEqual(trouble.waitMs);
      if (call.name !== 'a read' || shallBeDone) expect(await isDone()).toBe(shallBeDone);
    });
  });

  it('a body that stops is not waited for', async () => {
    const impatient = clientOf(bench, { attemptTimeoutMs: 300 });
    bench.server.intercept((_request, index) =>
      index === 0 ? { kind: 'slow-body', pauseMs: 5000 } : undefined,
    );
    const startedAt = performance.now();
    expect(await impatient.placement.resourceClasses.list()).toContain('PGPU');
    expect(performance.now() - startedAt).toBeLessThan(5000);
    await impatient.session.close();
  });

  it('connections closed while idle cost no wait and lose nothing', async () => {
    bench.server.intercept(() => ({ kind: 'close-idle' }));
    for (let call = 0; call < 20; call++) await placement.traits.ensure(aName('CUSTOM_IDLE'));
    expect(waits).toEqual([]);
    expect(bench.server.requests.filter(({ status }) => status === 201)).toHaveLength(20);
  });
});

function fits({ method, path }: { method: string; path: string }, match: RequestMatch): boolean {
  return (match.method ?? method) === method && (match.path ?? path) === path;
}
