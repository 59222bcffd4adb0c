import { type Bench, differenceOf, type MachineState, sameAnswer } from '../bench.ts';
import { type Blow, type DriverInProcess, describeProcessOutcome, inProcess } from '../driver-process.ts';
import { describeCall, isMutation, type SeamUse } from '../fault-machine.ts';
import { type Pair, pairsOf, undoLayout } from './pairs.ts';
import { isLost, replacedMs } from './process-checks.ts';

/** What a pair does in a process of its own when nothing goes wrong. */
interface Golden extends Pair {
  readonly clean: MachineState;
  readonly acted: MachineState;
  readonly answer: unknown;
  /** Uses of the seam of the first verb that change the machine. */
  readonly changes: readonly SeamUse[];
}

/**
 * Really kills the driver's process after each change of attach, install and program, and in the middle of each tool of
 * theirs; a new one must come to the same end, and undo all of it.
 */
export async function crashForReal(bench: Bench): Promise<void> {
  // Once is enough: what differs from machine to machine is tried without a process, which is much faster.
  if (bench.fixture !== bench.subject.fixtures[0]) return;
  await inProcess(bench, { limits: { crashLimit: 10_000 } }, async (driver) => {
    const pairs = await pairsOf(bench);
    // One road of attach is enough, and another would take as long again.
    for (const pair of pairs.filter(
      ({ act }, index) => pairs.findIndex((one) => one.act === act) === index,
    )) {
      const golden = await goldenOf(bench, driver, pair);
      for (const use of golden?.changes ?? [])
        for (const [when, blow] of blowsAt(driver, use))
          await tryCrash(bench, driver, { golden: golden as Golden, blow, story: storyOf(pair, when, use) });
    }
  });
}

const storyOf = ({ act, how }: Pair, when: string, use: SeamUse): string =>
  `${act} ${how}, its process really killed ${when} ${describeCall(use)}`;

async function goldenOf(bench: Bench, driver: DriverInProcess, pair: Pair): Promise<Golden | undefined> {
  return bench.trial(async ({ staged }) => {
    driver.use(staged);
    await undoLayout(driver, pair);
    const clean = await staged.state();
    const changes: SeamUse[] = [];
    const outcome = await driver.call(pair.act, pair.request, {
      before: (use) => {
        if (isMutation(use)) changes.push(use);
      },
    });
    bench.expect(
      outcome.kind === 'answered',
      () => `in a process of its own, ${pair.act} ${pair.how} ${describeProcessOutcome(outcome)}`,
    );
    if (outcome.kind !== 'answered') return undefined;
    const acted = await staged.state();
    if (pair.undo !== undefined) await driver.call(pair.undo, pair.request);
    return { ...pair, clean, acted, changes, answer: outcome.value };
  });
}

function blowsAt(driver: DriverInProcess, use: SeamUse): readonly (readonly [when: string, Blow])[] {
  const after: Blow = { after: ({ index }) => (index === use.index ? killed(driver) : undefined) };
  if (use.verb !== 'run') return [['after', after]];
  let reached = false;
  let struck = false;
  const during: Blow = {
    before: ({ index }) => {
      reached = index === use.index;
    },
    duringTool: () => {
      if (!reached || struck) return;
      struck = true;
      driver.signal('SIGKILL');
    },
    // A tool that prints nothing is as good as one that has just ended.
    after: ({ index }) => (index === use.index && !struck ? killed(driver) : undefined),
  };
  return [
    ['after', after],
    ['in the middle of', during],
  ];
}

/** Kills the process and lets the system see to it before the answer goes out. */
async function killed(driver: DriverInProcess): Promise<void> {
  driver.signal('SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 5));
}

interface Crash {
  readonly golden: Golden;
  readonly blow: Blow;
  readonly story: string;
}

async function tryCrash(
  bench: Bench,
  driver: DriverInProcess,
  { golden, blow, story }: Crash,
): Promise<void> {
  const { act, undo, request } = golden;
  await bench.trial(async ({ staged }) => {
    await driver.whenRunning(replacedMs);
    driver.use(staged);
    await undoLayout(driver, golden);
    const outcome = await driver.call(act, request, blow);
    bench.expect(
      isLost(outcome),
      () => `${story}: it ${describeProcessOutcome(outcome)}; expected unavailable`,
    );
    await driver.whenRunning(replacedMs);
    if (golden.hasStatus) {
      const status = await driver.call('status', request);
      bench.expect(
        status.kind === 'answered',
        () => `${story}: status in a new process ${describeProcessOutcome(status)}; expected an answer`,
      );
    }
    const again = await driver.call(act, request);
    const difference = differenceOf(golden.acted, await staged.state());
    bench.expect(
      again.kind === 'answered' && sameAnswer(again.value, golden.answer) && difference === undefined,
      () =>
        `${story}: ${act} in a new process ${describeProcessOutcome(again)}${difference === undefined ? '' : `, and left ${difference}`}; expected it to come to the same end`,
    );
    if (undo === undefined) return;
    await driver.call(undo, request);
    const left = differenceOf(golden.clean, await staged.state());
    bench.expect(
      left === undefined,
      () => `${story}: ${act} and ${undo} in a new process left behind: ${left}`,
    );
  });
}
