import type { AttachRequest } from '../../driver.ts';
import { DriverError } from '../../driver-error.ts';
import {
  type Bench,
  differenceOf,
  firstHandle,
  type MachineState,
  requestFor,
  sameAnswer,
} from '../bench.ts';
import type { Check } from '../check.ts';
import {
  type DriverInProcess,
  describeProcessOutcome,
  inProcess,
  type ProcessOutcome,
} from '../driver-process.ts';
import { describeCall, isMutation, type SeamUse } from '../fault-machine.ts';
import { storiesOf } from '../verb-stories.ts';

const noProcess =
  'the kit was given the driver and not its package, so it cannot run it in a process of its own';

/** How soon a new process must be at work. */
export const replacedMs = 10_000;

interface Golden {
  readonly request: AttachRequest;
  readonly clean: MachineState;
  readonly attached: MachineState;
  readonly answer: unknown;
  readonly uses: readonly SeamUse[];
}

/** Attaches and detaches once in the process, with nothing going wrong. */
async function goldenOf(bench: Bench, driver: DriverInProcess): Promise<Golden | undefined> {
  const offered = await firstHandle(bench);
  if (offered === undefined) return undefined;
  const request = requestFor(offered, 'direct');
  return bench.trial(async ({ staged }) => {
    driver.use(staged);
    const clean = await staged.state();
    const uses: SeamUse[] = [];
    const outcome = await driver.call('attach', request, { before: (use) => void uses.push(use) });
    bench.expect(
      outcome.kind === 'answered',
      () => `in a process of its own, attach ${describeProcessOutcome(outcome)}`,
    );
    const attached = await staged.state();
    await driver.call('detach', request);
    return {
      request,
      clean,
      attached,
      uses,
      answer: outcome.kind === 'answered' ? outcome.value : undefined,
    };
  });
}

/** After whatever happened: attach comes to the same end, and detach to the beginning. */
async function expectRecovery(
  bench: Bench,
  driver: DriverInProcess,
  golden: Golden & { readonly story: string; readonly state: () => Promise<MachineState> },
): Promise<void> {
  const { request, story, state } = golden;
  const again = await driver.call('attach', request);
  const difference = differenceOf(golden.attached, await state());
  bench.expect(
    again.kind === 'answered' && sameAnswer(again.value, golden.answer) && difference === undefined,
    () =>
      `${story}: attach in a new process ${describeProcessOutcome(again)}${difference === undefined ? '' : `, and left ${difference}`}; expected it to come to the same end`,
  );
  await driver.call('detach', request);
  const left = differenceOf(golden.clean, await state());
  bench.expect(left === undefined, () => `${story}: attach and detach in a new process left behind: ${left}`);
}

export const isLost = (outcome: ProcessOutcome): boolean =>
  outcome.kind === 'failed' && outcome.failure.code === 'unavailable';

export const loopBlock: Check = {
  id: 38,
  name: 'loop-block',
  scope: 'package',
  holds:
    'In a process of its own the driver answers every verb; made to stand still it is replaced, the caller hears unavailable, and attach in the new process comes to the right end.',
  why: 'A driver that does not answer holds up its cards only; it is replaced, and what it had begun is finished.',
  run: async (bench) => {
    const shown = await inProcess(bench, {}, async (driver) => {
      await expectAnswering(bench, driver);
      const golden = await goldenOf(bench, driver);
      const first = golden?.uses.find(isMutation);
      if (golden === undefined || first === undefined) return true;
      await bench.trial(async ({ staged }) => {
        driver.use(staged);
        const startedAt = performance.now();
        const outcome = await driver.call('attach', golden.request, {
          after: ({ index }) => (index === first.index ? driver.signal('SIGSTOP') : undefined),
        });
        const tookMs = Math.round(performance.now() - startedAt);
        const story = `attach, its process made to stand still after ${describeCall(first)}`;
        bench.expect(
          isLost(outcome) && tookMs < replacedMs,
          () =>
            `${story}: it ${describeProcessOutcome(outcome)} after ${tookMs} ms; expected unavailable in less than ${replacedMs}`,
        );
        bench.expect(
          await driver.whenRunning(replacedMs),
          () => `${story}: no new process came to run within ${replacedMs} ms`,
        );
        await expectRecovery(bench, driver, { ...golden, story, state: () => staged.state() });
      });
      return true;
    });
    if (shown !== true) bench.notShown(noProcess);
  },
};

/** A driver must let its event loop run whatever it does: else its host takes it to hang. */
async function expectAnswering(bench: Bench, driver: DriverInProcess): Promise<void> {
  for (const { name, verb, request, before } of await storiesOf(bench))
    await bench.trial(async ({ staged }) => {
      driver.use(staged);
      if (before !== undefined) await driver.call(before.verb, before.request);
      const outcome = await driver.call(verb, request);
      bench.expect(
        outcome.kind === 'answered',
        () =>
          `in a process of its own, ${name} ${describeProcessOutcome(outcome)}; expected an answer, as in the process of the kit`,
      );
      await driver.whenRunning(replacedMs);
      // The host remembers who has what: the next machine begins with nobody.
      if (verb === 'attach') await driver.call('detach', request);
    });
}

/** What ends processes: their own checks, bad memory accesses, the kernel out of memory, an operator. */
const deadly: readonly NodeJS.Signals[] = ['SIGABRT', 'SIGSEGV', 'SIGKILL', 'SIGBUS', 'SIGTERM'];

export const crashKinds: Check = {
  id: 39,
  name: 'crash-kinds',
  scope: 'package',
  holds:
    'In a process of its own a failed use of the seam fails the call and not the process; killed by five signals, each call is unavailable, then it is quarantined, and after that it works.',
  why: 'Whatever kills a driver costs one call; and a failure that is only a failure must not kill it.',
  run: async (bench) => {
    const shown = await inProcess(bench, { limits: { crashLimit: deadly.length } }, async (driver) => {
      const golden = await goldenOf(bench, driver);
      if (golden === undefined) return true;
      if (!(await expectSurvival(bench, driver, golden))) return true;
      for (const name of deadly) await dieOf(bench, driver, { golden, name });
      const { state } = driver.host.status();
      bench.expect(
        state === 'quarantined',
        () => `after ${deadly.length} crashes in a row the driver is ${state}; expected it quarantined`,
      );
      await driver.host.retry();
      await bench.trial(async ({ staged }) => {
        driver.use(staged);
        const story = 'after its quarantine';
        await expectRecovery(bench, driver, { ...golden, story, state: () => staged.state() });
      });
      return true;
    });
    if (shown !== true) bench.notShown(noProcess);
  },
};

/** Fails each use of the seam once: the call may fail, its process must not end. */
async function expectSurvival(bench: Bench, driver: DriverInProcess, golden: Golden): Promise<boolean> {
  const { processId } = driver.host;
  for (const use of golden.uses) {
    await bench.trial(async ({ staged }) => {
      driver.use(staged);
      await driver.call('attach', golden.request, {
        before: ({ index }) => {
          if (index === use.index) throw new DriverError('hardware', 'EIO: made by the conformance kit');
        },
      });
      // What was left behind needs a turn of its event loop to be heard of.
      await driver.call('detach', golden.request);
    });
    const isSame = driver.host.processId === processId;
    bench.expect(
      isSame,
      () =>
        `attach, EIO at ${describeCall(use)}: its process ended: ${driver.host.status().failure?.message.slice(0, 300)}; expected the call to fail, and the process to live`,
    );
    if (!isSame) return false;
  }
  return true;
}

async function dieOf(
  bench: Bench,
  driver: DriverInProcess,
  { golden, name }: { golden: Golden; name: NodeJS.Signals },
): Promise<void> {
  await driver.whenRunning(replacedMs);
  await bench.trial(async ({ staged }) => {
    driver.use(staged);
    const outcome = await driver.call('attach', golden.request, {
      before: async ({ index }) => {
        if (index !== 0) return;
        driver.signal(name);
        await new Promise((resolve) => setTimeout(resolve, 20));
      },
    });
    bench.expect(
      isLost(outcome),
      () =>
        `attach, its process ended by ${name}: it ${describeProcessOutcome(outcome)}; expected unavailable`,
    );
    const difference = differenceOf(golden.clean, await staged.state());
    bench.expect(
      difference === undefined,
      () => `attach, its process ended by ${name} at its first use of the seam, left ${difference}`,
    );
  });
}
