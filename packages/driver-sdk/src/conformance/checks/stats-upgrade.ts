import { type Bench, describeOutcome, referenceTo, type Trial } from '../bench.ts';
import type { CallOutcome } from '../call-driver.ts';
import type { Check } from '../check.ts';
import { describeCall } from '../fault-machine.ts';
import { expectKeptOverRestart } from './owner-checks.ts';

type Readings = Readonly<Record<string, Readonly<Record<string, number>>>>;

export const statsUpgrade: Check = {
  id: 48,
  name: 'stats-upgrade',
  scope: 'fixture',
  holds:
    'Who has a handle keeps it over a restart of the agent. Each metric is declared with its unit, counters never go back, and a sensor that fails costs only itself.',
  why: 'Numbers without a unit, counters that jump back and gaps for all when one sensor fails make graphs that lie.',
  run: async (bench) => {
    await expectKeptOverRestart(bench);
    // What is left is about stats: a driver without has shown all that it can.
    if (bench.subject.driver.stats === undefined) return;
    const devices = (await bench.inventory()).map(referenceTo);
    const first = await bench.trial(async ({ call }) => {
      const outcome = await call('stats', devices);
      const readings = readingsOf(outcome);
      bench.expect(
        readings !== undefined && devices.every(({ identity }) => Object.hasOwn(readings, identity)),
        () => `stats ${describeOutcome(outcome)}; expected numbers for ${devices.length} devices by identity`,
      );
      expectDeclared(bench, readings ?? {});
      expectRising(bench, readings ?? {}, readingsOf(await call('stats', devices)) ?? {});
      return outcome;
    });
    for (const use of first.calls) {
      const outcome = await bench.trial(({ call }: Trial) =>
        call('stats', devices, {
          plan: ({ index }) => (index === use.index ? { kind: 'error', errno: 'EIO' } : undefined),
        }),
      );
      expectOthers(bench, {
        outcome,
        all: readingsOf(first) ?? {},
        story: `when ${describeCall(use)} gave EIO`,
      });
    }
  },
};

function readingsOf(outcome: CallOutcome): Readings | undefined {
  if (outcome.kind !== 'answered' || typeof outcome.value !== 'object') return undefined;
  const readings = outcome.value as Readings;
  const numbers = Object.values(readings).flatMap((metrics) => Object.values(metrics));
  return numbers.every((value) => typeof value === 'number' && Number.isFinite(value)) ? readings : undefined;
}

function expectDeclared({ expect, manifest }: Bench, readings: Readings): void {
  const names = new Set(Object.values(readings).flatMap((metrics) => Object.keys(metrics)));
  for (const name of names)
    expect(
      manifest.stats.some((metric) => metric.name === name),
      () =>
        `stats answers ${name}, and the manifest declares no such metric; expected it with its unit and kind`,
    );
}

function expectRising({ expect, manifest }: Bench, before: Readings, after: Readings): void {
  for (const { name } of manifest.stats.filter(({ kind }) => kind === 'counter'))
    for (const [identity, metrics] of Object.entries(before)) {
      const [was, is] = [metrics[name], after[identity]?.[name]];
      expect(
        was === undefined || (is !== undefined && is >= was),
        () => `the counter ${name} of ${identity} was ${was} and then ${is}; expected it never to go back`,
      );
    }
}

interface Damage {
  readonly outcome: CallOutcome;
  readonly all: Readings;
  readonly story: string;
}

/** One use of the seam that fails may cost one number, or one device where the use was about finding it. */
function expectOthers(bench: Bench, { outcome, all, story }: Damage): void {
  const readings = readingsOf(outcome);
  bench.expect(
    readings !== undefined,
    () => `${story}, stats ${describeOutcome(outcome)}; expected the other sensors`,
  );
  if (readings === undefined) return;
  const touched = Object.entries(all).filter(([identity, metrics]) =>
    Object.keys(metrics).some((name) => readings[identity]?.[name] === undefined),
  );
  const lost = touched.flatMap(([identity, metrics]) =>
    Object.keys(metrics).filter((name) => readings[identity]?.[name] === undefined),
  );
  bench.expect(
    touched.length <= 1 && lost.length <= 1,
    () =>
      `${story}, stats lost ${lost.join(', ')} of ${touched.length} devices; expected at most that one sensor`,
  );
}
