import type { DiscoveredDevice } from '@cyborgjs/core';
import type { ProgramRequest } from '../../driver.ts';
import {
  type Bench,
  describeOutcome,
  differenceOf,
  firstHandle,
  type MachineState,
  requestFor,
  sameAnswer,
  type Trial,
} from '../bench.ts';
import type { CallOutcome } from '../call-driver.ts';
import type { Check } from '../check.ts';
import type { FixtureImages } from '../conformance-subject.ts';
import { describeCall, type Fault, isMutation, type SeamUse } from '../fault-machine.ts';
import { programRequest } from '../program-request.ts';

interface Programming {
  readonly request: ProgramRequest;
  readonly images: FixtureImages;
}

/** What to program on this fixture; notes why there is nothing. */
async function programming(bench: Bench): Promise<Programming | undefined> {
  const { images } = bench.fixture;
  if (bench.subject.driver.program === undefined) {
    bench.notApplicable('the driver has no program');
    return undefined;
  }
  const request = await programRequest(bench);
  if (images !== undefined && request !== undefined) return { images, request };
  bench.notShown('the fixture has no images');
  return undefined;
}

async function deviceAt({ call }: Trial, address: string): Promise<DiscoveredDevice | undefined> {
  const outcome = await call('discover');
  if (outcome.kind !== 'answered') return undefined;
  return (outcome.value as readonly DiscoveredDevice[]).find((device) => device.address === address);
}

export const programOk: Check = {
  id: 41,
  name: 'program-ok',
  scope: 'fixture',
  holds: 'Program answers the version that discovery then shows; its progress never goes back and ends at 1.',
  why: 'A flavor promises an image; who gets the card must find that very image in it.',
  run: async (bench) => {
    const found = await programming(bench);
    if (found === undefined) return;
    await bench.trial(async (trial) => {
      const outcome = await trial.call('program', found.request);
      const version = versionOf(outcome);
      bench.expect(
        version === found.images.valid.version,
        () => `program ${describeOutcome(outcome)}; expected the version ${found.images.valid.version}`,
      );
      const firmware = (await deviceAt(trial, found.request.device.address))?.firmware ?? {};
      bench.expect(
        version !== undefined && Object.values(firmware).includes(version),
        () =>
          `program answered the version ${version}, and discover then says ${JSON.stringify(firmware)}; expected it there`,
      );
      expectProgress(bench, outcome.progress);
    });
  },
};

const versionOf = (outcome: CallOutcome): string | undefined =>
  outcome.kind === 'answered' ? (outcome.value as { version?: string } | null)?.version : undefined;

function expectProgress({ expect }: Bench, progress: readonly number[]): void {
  const told = progress.slice(0, 20).join(', ') || 'nothing';
  const back = progress.findIndex((fraction, index) => fraction < (progress[index - 1] ?? 0));
  expect(back < 0, () => `program told of the progress ${told}; expected it never to go back`);
  expect(
    progress.every((fraction) => fraction >= 0 && fraction <= 1) && progress.at(-1) === 1,
    () => `program told of the progress ${told}; expected shares from 0 to 1, and 1 at the end`,
  );
}

export const programWrong: Check = {
  id: 42,
  name: 'program-wrong',
  scope: 'fixture',
  holds: 'An image for another model, cut off or badly signed is invalid, before anything is changed.',
  why: 'A wrong image, once it is written, makes a brick of the card.',
  run: async (bench) => {
    const found = await programming(bench);
    if (found === undefined) return;
    if (found.images.wrong.length === 0) bench.notShown('the fixture has no wrong images');
    for (const { what, ...image } of found.images.wrong) {
      const request = await programRequest(bench, image);
      await bench.trial(async (trial) => {
        const before = await trial.staged.state();
        const outcome = await trial.call('program', request);
        bench.expect(
          outcome.kind === 'failed' && outcome.failure.code === 'invalid',
          () =>
            `program of an image ${what} ${describeOutcome(outcome)}; expected it to be refused as invalid`,
        );
        const deed = outcome.calls.find(isMutation);
        const difference = differenceOf(before, await trial.staged.state());
        bench.expect(
          deed === undefined && difference === undefined,
          () =>
            `program of an image ${what} changed the machine before it was refused: ${difference ?? (deed === undefined ? '' : describeCall(deed))}`,
        );
      });
    }
  },
};

export const programCancel: Check = {
  id: 43,
  name: 'program-cancel',
  scope: 'fixture',
  holds:
    'Program is cancelled at each use of the seam: it is let go on to its end in a critical section, or canceled; a card with half an image is failed or degraded, with the reason, and program again mends it.',
  why: 'Half an image is worse than an old one: flashing is not cut off, and what was cut off is not called well.',
  run: (bench) =>
    interruptEach(bench, {
      faultsAt: () => [{ kind: 'cancel' }],
      isRight: (outcome) =>
        (outcome.kind === 'failed' && outcome.failure.code === 'canceled') ||
        (outcome.kind === 'answered' && outcome.isDeferred),
      expected: 'expected canceled, or to be let go on to its end in a critical section',
    }),
};

export const programCrash: Check = {
  id: 44,
  name: 'program-crash',
  scope: 'fixture',
  holds: 'The process dies before, after and in the middle of each change of program: the same holds.',
  why: 'After a crash in the middle of flashing only the card itself can tell that it is not to be used.',
  run: (bench) =>
    interruptEach(bench, {
      faultsAt: (use) =>
        isMutation(use)
          ? [
              { kind: 'crash-before' },
              { kind: 'crash-after' },
              ...(use.verb === 'run' ? ([{ kind: 'crash-during' }] as const) : []),
            ]
          : [],
      isRight: ({ kind }) => kind === 'crashed',
      expected: 'expected it to stop there',
    }),
};

interface Interruption {
  readonly faultsAt: (use: SeamUse) => readonly Fault[];
  readonly isRight: (outcome: CallOutcome) => boolean;
  readonly expected: string;
}

/** Interrupts program at each use of the seam; the card must then be said to be what it is, and program converge. */
async function interruptEach(bench: Bench, interruption: Interruption): Promise<void> {
  const found = await programming(bench);
  if (found === undefined) return;
  const golden = await bench.trial(async (trial) => {
    const clean = await trial.staged.state();
    const outcome = await trial.call('program', found.request);
    return { clean, outcome, done: await trial.staged.state() };
  });
  for (const use of golden.outcome.calls)
    for (const fault of interruption.faultsAt(use))
      await bench.trial(async (trial) => {
        const outcome = await trial.call('program', found.request, {
          plan: ({ index }) => (index === use.index ? fault : undefined),
        });
        const story = `program, ${fault.kind} at ${describeCall(use)}`;
        bench.expect(
          interruption.isRight(outcome),
          () => `${story}: it ${describeOutcome(outcome)}; ${interruption.expected}`,
        );
        await expectHonestHealth(bench, { trial, golden, story, request: found.request });
        await expectAgain(bench, { trial, golden, story, request: found.request });
      });
}

interface Aftermath {
  readonly trial: Trial;
  readonly golden: {
    readonly clean: MachineState;
    readonly done: MachineState;
    readonly outcome: CallOutcome;
  };
  readonly story: string;
  readonly request: ProgramRequest;
}

/** A card with neither the old image nor the new one is not to be given out. */
async function expectHonestHealth(bench: Bench, { trial, golden, story, request }: Aftermath): Promise<void> {
  const state = await trial.staged.state();
  const difference = differenceOf(golden.done, state);
  if (difference === undefined || differenceOf(golden.clean, state) === undefined) return;
  const health = (await deviceAt(trial, request.device.address))?.health;
  bench.expect(
    (health?.state === 'failed' || health?.state === 'degraded') && health.reason !== undefined,
    () =>
      `${story}: half of the image is on the card (${difference}), and discover says its health is ${JSON.stringify(health)}; expected failed or degraded, with the reason`,
  );
}

async function expectAgain(bench: Bench, { trial, golden, story, request }: Aftermath): Promise<void> {
  const again = await trial.call('program', request);
  const isSame =
    again.kind === 'answered' &&
    golden.outcome.kind === 'answered' &&
    sameAnswer(again.value, golden.outcome.value);
  const difference = differenceOf(golden.done, await trial.staged.state());
  bench.expect(
    isSame && difference === undefined,
    () =>
      `${story}: program afterwards ${describeOutcome(again)}${difference === undefined ? '' : `, and left ${difference}`}; expected it to come to the same end`,
  );
}

export const programInUse: Check = {
  id: 45,
  name: 'program-in-use',
  scope: 'fixture',
  holds:
    'Program of the version that is there changes nothing; of a card with an attached handle it is in_use.',
  why: 'A guest would lose its card in the middle of its work; and flashing what is there already only wears it.',
  run: async (bench) => {
    const found = await programming(bench);
    if (found === undefined) return;
    await bench.trial(async ({ call }) => {
      await call('program', found.request);
      const again = await call('program', found.request);
      bench.expect(
        again.kind === 'answered' && versionOf(again) === found.images.valid.version,
        () => `program of the image that is there already ${describeOutcome(again)}; expected its version`,
      );
      const deed = again.calls.find(isMutation);
      bench.expect(
        deed === undefined,
        () =>
          `program of the image that is there already did it again: ${deed === undefined ? '' : describeCall(deed)}`,
      );
    });
    const offered = await firstHandle(bench);
    if (offered === undefined) return;
    await bench.trial(async ({ call }) => {
      await call('attach', requestFor(offered, 'direct'));
      const outcome = await call('program', found.request);
      const deed = outcome.calls.find(isMutation);
      bench.expect(
        outcome.kind === 'failed' && outcome.failure.code === 'in_use' && deed === undefined,
        () =>
          `program of a card with an attached handle ${describeOutcome(outcome)}${deed === undefined ? '' : `, after ${describeCall(deed)}`}; expected in_use, and nothing done`,
      );
    });
  },
};
