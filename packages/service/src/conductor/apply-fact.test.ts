import type { DiscoveredDevice, Fact, OperationOutcome } from '@cyborgjs/core';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { aDevice } from '../../test/a-discovered-device.ts';
import { arbitraryInventory } from '../../test/arbitrary-inventory.ts';
import {
  aDriverStatus,
  asker,
  benchHost,
  type ConductorBench,
  noPlacement,
  openConductorBench,
} from '../../test/conductor-bench.ts';
import { suiteName, testDatabases } from '../../test/test-store.ts';

/** A step of a story: what an agent says. Numbers of operations are replaced by the ids of those that exist. */
type Step =
  | { readonly kind: 'inventory'; readonly devices: readonly DiscoveredDevice[] }
  | { readonly kind: 'hello' | 'heartbeat' | 'goodbye' | 'failure' | 'ready' }
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'result'; readonly outcome: OperationOutcome };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('inventory' as const), devices: arbitraryInventory }),
  fc.record({ kind: fc.constantFrom('hello', 'heartbeat', 'goodbye', 'failure', 'ready', 'ready') }),
  fc.record({ kind: fc.constant('progress' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({
    kind: fc.constant('result' as const),
    outcome: fc.constantFrom<OperationOutcome>(
      { kind: 'succeeded', result: {} },
      { kind: 'canceled' },
      { kind: 'failed', retry: 'never', error: { code: 'driver.hardware', message: 'no' } },
      { kind: 'failed', retry: 'later', error: { code: 'driver.busy', message: 'not now' } },
    ),
  }),
);

/** Lives through a story; each fact arrives as often as told. */
async function live(bench: ConductorBench, story: readonly Step[], times: number): Promise<unknown> {
  for (const [index, event] of story.entries()) {
    const fact = await factOf(bench, event, index + 1);
    if (fact === undefined) continue;
    for (let time = 0; time < times; time += 1) await bench.tell(fact);
  }
  return whatIsKnown(bench);
}

async function factOf(bench: ConductorBench, event: Step, sequence: number) {
  const report = (outcome: object) =>
    ({ kind: 'report', report: { driver: 'gpu', sequence, observedAt: 0, outcome } }) as Fact;
  const [operation] = (await bench.store.operations.list({ open: true })).items;
  switch (event.kind) {
    case 'inventory':
      return report({ kind: 'inventory', devices: event.devices });
    case 'failure':
      return report({
        kind: 'failure',
        failure: { code: 'unavailable', message: 'no', retry: 'now', causes: [] },
      });
    case 'progress':
      return (
        operation && {
          kind: 'operation-progress' as const,
          operationId: operation.id,
          progress: event.share,
          note: null,
        }
      );
    case 'result':
      return (
        operation && { kind: 'operation-result' as const, operationId: operation.id, outcome: event.outcome }
      );
    case 'ready': {
      const { items } = await bench.store.devices.list({ state: 'discovered', limit: 1 });
      if (items[0] !== undefined) await bench.conductor.makeDeviceReady({ device: items[0].id, ...asker });
      return undefined;
    }
    default:
      return { kind: event.kind };
  }
}

/** Everything that shows, without ids that are made anew in each life. */
async function whatIsKnown({ store }: ConductorBench) {
  const { items: hosts } = await store.hosts.list();
  const { items: devices } = await store.devices.list();
  const { items: operations } = await store.operations.list();
  const events = await store.events.list({ after: 0, limit: 10_000 });
  return {
    hosts,
    devices: devices.map(({ id: _, deployables, ...device }) => ({
      ...device,
      deployables: deployables.map(({ name, total, present, handles }) => ({
        name,
        total,
        present,
        handles: handles.length,
      })),
    })),
    operations: operations.map(({ verb, state, attempts, progress, error }) => ({
      verb,
      state,
      attempts,
      progress,
      error,
    })),
    events: events.map(({ type, data: { device: _, ...data } }) => ({ type, data })),
    outbox: (await store.outbox.depth()).messages,
  };
}

describe('facts that come twice', () => {
  it('leave the same behind as facts that come once, whatever the story', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 10 }), async (story) => {
        const [once, twice] = [await openConductorBench(), await openConductorBench()];
        expect(await live(twice, story, 2)).toEqual(await live(once, story, 1));
        await Promise.all([once.end(), twice.end()]);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a fact that cannot be taken in', () => {
  let bench: ConductorBench;
  afterEach(() => bench.end());

  it('comes again while the database is away', async () => {
    bench = await openConductorBench();
    await bench.store.close();
    await expect(bench.tell({ kind: 'hello' })).rejects.toMatchObject({ code: 'store.unavailable' });
  });

  it('for a reason of its own is logged and dropped, and keeps nobody waiting', async () => {
    bench = await openConductorBench();
    const broken = { ...aDevice(), firmware: { version: 1n } } as never;
    await expect(bench.report([broken])).resolves.toBeUndefined();
    await bench.report([aDevice()]);
    expect((await bench.device()).state).toBe('discovered');
  });
});

describe.each(testDatabases)('$kind', (database) => {
  describe.skipIf(database.missing !== undefined)(suiteName('many at once', database), () => {
    it('end a device in one state, with one operation and one open set', async () => {
      const bench = await openConductorBench(database);
      await bench.tell({ kind: 'hello' });
      await bench.report([aDevice()]);
      const { id } = await bench.device();
      const asked = await Promise.allSettled([
        ...Array.from({ length: 5 }, () => bench.conductor.makeDeviceReady({ device: id, ...asker })),
        bench.report([aDevice({ model: 'changed' })]),
        bench.tell({ kind: 'heartbeat', drivers: [aDriverStatus()], placement: noPlacement }),
      ]);
      expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      const [operation] = (await bench.store.operations.list()).items;
      const results = Array.from({ length: 4 }, () =>
        bench.answer(operation?.id ?? '', { kind: 'succeeded', result: {} }),
      );
      await Promise.all(results);
      expect(await bench.device()).toMatchObject({ state: 'ready', model: 'changed' });
      const ends = await bench.store.events.list({ after: 0, limit: 100, types: ['operation.ended'] });
      expect(ends).toHaveLength(1);
      const admissions = (await bench.commands()).filter(({ kind }) => kind === 'admit');
      expect(admissions).toEqual([
        {
          kind: 'admit',
          revision: (await bench.store.hosts.get(benchHost)).admitRevision,
          open: [{ driver: 'gpu', identity: 'GPU-1' }],
        },
      ]);
      await bench.end();
    });
  });
});
