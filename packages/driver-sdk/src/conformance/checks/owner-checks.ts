import type { AttachRequest } from '../../driver.ts';
import { listHeldAttachments } from '../../host/held-attachments.ts';
import type { RecordStore } from '../../records/record-store.ts';
import {
  type Bench,
  describeOutcome,
  differenceOf,
  firstHandle,
  requestFor,
  sameAnswer,
  type Trial,
} from '../bench.ts';
import type { CallOutcome } from '../call-driver.ts';
import type { Check } from '../check.ts';
import { describeCall, isMutation, type SeamUse } from '../fault-machine.ts';
import { describeRuled, type RuledOutcome, underRules } from '../host-rules.ts';

const otherOwner = '0d9b7a52-7c1e-4b3e-9a55-3a2f6f3f8a02';

/** Runs a story on the fixture's first handle; notes when there is none. */
async function onFirstHandle(
  bench: Bench,
  story: (trial: Trial, request: AttachRequest) => Promise<void>,
): Promise<void> {
  const offered = await firstHandle(bench);
  if (offered === undefined) return bench.notShown('the driver offers no handle on this fixture');
  await bench.trial((trial) => story(trial, requestFor(offered, 'direct')));
}

const of = (request: AttachRequest, id: string): AttachRequest => ({
  ...request,
  consumer: { ...request.consumer, id },
});

export const otherOwnerRefused: Check = {
  id: 19,
  name: 'other-owner',
  scope: 'fixture',
  holds:
    "Under the host's rules, attach for another owner is in_use and names the holder; the driver itself changes nothing either.",
  why: 'A card that two consumers have is a card that both lose, and through which one can read the other.',
  run: async (bench) => {
    await onFirstHandle(bench, async (trial, request) => {
      const ruled = underRules(bench, trial);
      await ruled.mutate('attach', request);
      const before = ruled.changes.length;
      const outcome = await ruled.mutate('attach', of(request, otherOwner));
      bench.expect(
        isRefused(outcome, 'in_use') && outcome.error.message.includes(request.consumer.id),
        () =>
          `attach for another owner ${describeRuled(outcome)}; expected in_use, naming ${request.consumer.id}`,
      );
      expectUnchanged(bench, ruled.changes.slice(before), 'attach for another owner');
    });
    await onFirstHandle(bench, async ({ call }, request) => {
      await call('attach', request);
      const outcome = await call('attach', of(request, otherOwner));
      expectUnchanged(
        bench,
        outcome.calls.filter(isMutation),
        'attach for another owner, asked of the driver itself,',
      );
      expectOwn(bench, outcome);
    });
  },
};

const isRefused = (
  outcome: RuledOutcome,
  code: string,
): outcome is Extract<RuledOutcome, { kind: 'failed' }> =>
  outcome.kind === 'failed' && outcome.error.code === code;

function expectUnchanged(bench: Bench, changes: readonly SeamUse[], story: string): void {
  const [first] = changes;
  bench.expect(
    first === undefined,
    () => `${story} changed the machine: ${first === undefined ? '' : describeCall(first)}`,
  );
}

/** A driver that knows of owners says so; one that does not leaves it to the host. */
function expectOwn(bench: Bench, outcome: CallOutcome): void {
  bench.expect(
    outcome.kind === 'answered' || (outcome.kind === 'failed' && outcome.failure.code === 'in_use'),
    () =>
      `attach for another owner, asked of the driver itself, ${describeOutcome(outcome)}; expected in_use, or the answer`,
  );
}

export const otherOptionsRefused: Check = {
  id: 20,
  name: 'other-options',
  scope: 'fixture',
  holds:
    "Under the host's rules, attach of the same owner with other options is a conflict; nothing is changed.",
  why: 'Who asks for something else than what it has must hear of it, and not find out in use.',
  run: (bench) =>
    onFirstHandle(bench, async (trial, request) => {
      const ruled = underRules(bench, trial);
      await ruled.mutate('attach', request);
      const before = ruled.changes.length;
      const outcome = await ruled.mutate('attach', { ...request, options: { 'made-up': 'option' } });
      bench.expect(
        isRefused(outcome, 'conflict'),
        () => `attach with other options ${describeRuled(outcome)}; expected conflict`,
      );
      expectUnchanged(bench, ruled.changes.slice(before), 'attach with other options');
    }),
};

const atOnce = 8;

export const concurrentSame: Check = {
  id: 21,
  name: 'concurrent-same',
  scope: 'fixture',
  holds:
    "Under the host's rules, eight attaches of one handle at once have the effect of one; of eight owners one gets it, seven hear in_use.",
  why: 'The same command arrives twice, and two users ask in the same moment: one of them has it.',
  run: async (bench) => {
    await onFirstHandle(bench, async (trial, request) => {
      const alone = await trial.call('attach', request);
      const deeds = alone.calls.filter(isMutation).length;
      const attached = await trial.staged.state();
      await trial.call('detach', request);
      const ruled = underRules(bench, trial);
      const outcomes = await Promise.all(
        Array.from({ length: atOnce }, () => ruled.mutate('attach', request)),
      );
      for (const outcome of outcomes)
        bench.expect(
          outcome.kind === 'answered' && alone.kind === 'answered' && sameAnswer(outcome.value, alone.value),
          () =>
            `one of ${atOnce} attaches at once ${describeRuled(outcome)}; alone it ${describeOutcome(alone)}`,
        );
      bench.expect(
        ruled.changes.length === deeds,
        () =>
          `${atOnce} attaches at once changed the machine ${ruled.changes.length} times; expected ${deeds}, as one`,
      );
      const difference = differenceOf(attached, await trial.staged.state());
      bench.expect(difference === undefined, () => `${atOnce} attaches at once left ${difference}`);
    });
    await onFirstHandle(bench, async (trial, request) => {
      const ruled = underRules(bench, trial);
      const owners = Array.from({ length: atOnce }, (_, index) => `owner-${index + 1}`);
      const outcomes = await Promise.all(owners.map((owner) => ruled.mutate('attach', of(request, owner))));
      const won = outcomes.filter(({ kind }) => kind === 'answered').length;
      const lost = outcomes.filter((outcome) => isRefused(outcome, 'in_use')).length;
      bench.expect(
        won === 1 && lost === atOnce - 1,
        () =>
          `of ${atOnce} owners at once ${won} got the handle and ${lost} heard in_use; expected 1 and ${atOnce - 1}`,
      );
    });
  },
};

export const rebootCloses: Check = {
  id: 40,
  name: 'reboot',
  scope: 'fixture',
  holds:
    "After a reboot what was attached is seen as detached, still its holder's; what was half attached is dropped; nothing is changed for that, and attach works.",
  why: 'A reboot takes bindings away; a journal that is believed then calls ready what no longer is.',
  run: async (bench) => {
    const offered = await firstHandle(bench);
    if (offered === undefined) return bench.notShown('the driver offers no handle on this fixture');
    const request = requestFor(offered, 'direct');
    const whole = await bench.trial(async (trial) => {
      const ruled = underRules(bench, trial, { bootId: 'before' });
      await ruled.mutate('attach', request);
      return ruled.records;
    });
    await afterReboot(bench, { records: whole, request, held: 1, when: 'with a handle attached' });
    const half = await bench.trial(async (trial) => {
      const ruled = underRules(bench, trial, { bootId: 'before' });
      await ruled.dieIn('attach', request, (use) =>
        isMutation(use) || use.verb === 'run' ? { kind: 'crash-after' } : undefined,
      );
      return ruled.records;
    });
    await afterReboot(bench, { records: half, request, held: 0, when: 'with a handle half attached' });
  },
};

interface Reboot {
  readonly records: RecordStore;
  readonly request: AttachRequest;
  /** How many attachments there must be afterwards. */
  readonly held: number;
  readonly when: string;
}

/** The machine comes up as new; the journal must be closed by what the driver then sees, and the handle be of use. */
async function afterReboot(bench: Bench, { records, request, held, when }: Reboot): Promise<void> {
  await bench.trial(async (trial) => {
    const before = await trial.staged.state();
    const ruled = underRules(bench, trial, { records, bootId: 'after' });
    await ruled.replay();
    const { attachments } = await listHeldAttachments(records);
    const seen = attachments.map((attachment) => attachment.seen);
    bench.expect(
      attachments.length === held && seen.every((status) => status === 'detached'),
      () =>
        `after a reboot ${when}, the journal holds ${attachments.length} attachments, seen ${seen.join(', ') || 'nowhere'}; expected ${held}, seen detached, as the machine is`,
    );
    const difference = differenceOf(before, await trial.staged.state());
    bench.expect(
      difference === undefined,
      () => `after a reboot ${when}, closing the journal changed the machine: ${difference}`,
    );
    const again = await ruled.mutate('attach', request);
    const status = await trial.call('status', request);
    bench.expect(
      again.kind === 'answered' && status.kind === 'answered' && status.value === 'attached',
      () =>
        `after a reboot ${when}, attach ${describeRuled(again)}, and status ${describeOutcome(status)}; expected it attached again`,
    );
  });
}

/** What an upgrade of the agent must not touch: a new process reads the old journal, and who has something keeps it. */
export async function expectKeptOverRestart(bench: Bench): Promise<void> {
  await onFirstHandle(bench, async (trial, request) => {
    const first = underRules(bench, trial);
    const attached = await first.mutate('attach', request);
    const second = underRules(bench, trial, { records: first.records });
    await second.replay();
    const again = await second.mutate('attach', request);
    bench.expect(
      attached.kind === 'answered' && again.kind === 'answered' && sameAnswer(again.value, attached.value),
      () =>
        `after a restart of the agent, attach again ${describeRuled(again)}; before, it ${describeRuled(attached)}`,
    );
    expectUnchanged(bench, second.changes, 'a restart of the agent');
    const other = await second.mutate('attach', of(request, otherOwner));
    bench.expect(
      isRefused(other, 'in_use'),
      () => `after a restart of the agent, attach for another owner ${describeRuled(other)}; expected in_use`,
    );
    const detached = await second.mutate('detach', request);
    bench.expect(
      detached.kind === 'answered',
      () => `after a restart of the agent, detach ${describeRuled(detached)}`,
    );
  });
}
