import type { DiscoveredDevice } from '@cyborgjs/core';
import { observeMachine } from '../../machine/observe-machine.ts';
import type { Machine } from '../../machine.ts';
import { describeHint, type WatchHint } from '../../watch-hint.ts';
import type { Bench } from '../bench.ts';
import type { StagedMachine } from '../conformance-subject.ts';
import { type DriverInProcess, describeProcessOutcome, inProcess } from '../driver-process.ts';

type HealthHint = Extract<WatchHint, { readonly type: 'health' }>;

/** How soon a change must be told: far sooner than an agent looks by itself. */
const toldMs = 5_000;

/** How long a driver that tells of health is listened to; one that does not is free to. */
const listenMs = 1_500;

/**
 * Has the driver watch in a process of its own while a card is pulled out, plugged in again, fails and recovers. That it
 * comes and goes must be told as a hint, and the discovery that follows must show what is there; what is told of its
 * health, the discovery that follows must say too.
 */
export async function expectHints(
  bench: Bench,
  { before, target }: { readonly before: readonly DiscoveredDevice[]; readonly target: DiscoveredDevice },
): Promise<void> {
  if (!bench.manifest.verbs.includes('watch') || bench.fixture !== bench.subject.fixtures[0]) return;
  await bench.trial(async ({ staged: own }) => {
    const { unplug, replug } = own;
    if (unplug === undefined || replug === undefined) return;
    const hints: WatchHint[] = [];
    const looking = noticing(own);
    await inProcess(bench, { staged: looking.staged, onHint: (hint) => hints.push(hint) }, async (driver) => {
      const expectHint = async (what: string, expected: number): Promise<void> => {
        await within(toldMs, () => hints.length > 0);
        bench.expect(
          hints.length > 0,
          () => `watch told nothing within ${toldMs} ms of ${what}; expected the hint to look again`,
        );
        const outcome = await driver.call('discover', {});
        const found =
          outcome.kind === 'answered' ? (outcome.value as readonly DiscoveredDevice[]).length : -1;
        bench.expect(
          found === expected,
          () =>
            `after the hint of ${what}, discover ${describeProcessOutcome(outcome)}; expected ${expected} devices`,
        );
        hints.length = 0;
      };
      // What is there at first is no news; a watch that has not looked yet could not tell.
      await within(toldMs, looking.hasLooked);
      hints.length = 0;
      await unplug(target.address);
      await expectHint('a card that was pulled out', before.length - 1);
      await replug(target.address);
      await expectHint('a card that was plugged in', before.length);
      await expectTrueHealth(bench, { staged: own, target, driver, hints });
    });
  });
}

interface Watched {
  readonly staged: StagedMachine;
  readonly target: DiscoveredDevice;
  readonly driver: DriverInProcess;
  /** What it has told; emptied by who has read it. */
  readonly hints: WatchHint[];
}

async function expectTrueHealth(bench: Bench, { staged, target, driver, hints }: Watched): Promise<void> {
  const { sicken, recover } = staged;
  if (sicken === undefined || recover === undefined) return;
  const ofHealth = (): readonly HealthHint[] => hints.filter((hint) => hint.type === 'health');
  for (const [befall, what] of [
    [sicken, 'failed'],
    [recover, 'recovered'],
  ] as const) {
    hints.length = 0;
    await befall(target.address);
    await within(listenMs, () => ofHealth().length > 0);
    const told = ofHealth().at(-1);
    if (told === undefined) return;
    const outcome = await driver.call('discover', {});
    const found = outcome.kind === 'answered' ? (outcome.value as readonly DiscoveredDevice[]) : [];
    const device = found.find(({ identity, address }) => told.device === identity || told.device === address);
    bench.expect(
      device?.health.state === told.health.state,
      () =>
        `after a card had ${what}, watch told that ${describeHint(told)}, and discover says of it ${JSON.stringify(device?.health)}; expected them to agree`,
    );
  }
}

/** A machine that knows whether it has been looked at, and the look is over. */
function noticing(staged: StagedMachine): {
  readonly staged: StagedMachine;
  readonly hasLooked: () => boolean;
} {
  let [looks, quietSince] = [0, 0];
  const note = (): void => {
    looks += 1;
    quietSince = performance.now();
  };
  const machine: Machine = observeMachine(staged.machine, { after: note });
  return {
    staged: { ...staged, machine },
    hasLooked: () => looks > 0 && performance.now() - quietSince > 200,
  };
}

async function within(ms: number, holds: () => boolean): Promise<void> {
  for (const until = performance.now() + ms; !holds() && performance.now() < until; )
    await new Promise((resolve) => setTimeout(resolve, 20));
}
