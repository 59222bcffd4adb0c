import type { DeviceReference } from '../driver.ts';
import { DriverError, isDriverError } from '../driver-error.ts';
import type { AskDriver } from './ask-driver.ts';
import { AttachmentJournal, type JournalInit } from './attachment-journal.ts';
import { type AttachmentAsked, attachmentRefusal, decideAttachment } from './decide-attachment.ts';
import type { CallVerb } from './host-limits.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { type AttachmentMove, moveAttachment } from './move-attachment.ts';
import { replayAttachments } from './replay-attachments.ts';
import type { VerbAnswer, VerbArgument } from './verb-answers.ts';

/** The verbs that change a device. */
export type MutatingVerb = Extract<CallVerb, 'attach' | 'detach' | 'install' | 'uninstall' | 'program'>;

/** A mutation that is asked for. */
export interface MutationOrder<Verb extends MutatingVerb> {
  readonly verb: Verb;
  readonly argument: VerbArgument[Verb];
  /** Detach, whoever holds it. */
  readonly force?: boolean | undefined;
  /** Ends the wait for the device's turn. */
  readonly signal: AbortSignal;
}

export interface MutationGuardInit extends JournalInit {
  /**
   * For what the guard itself has to ask, outside of any call: what became of one that failed, or that an earlier
   * process began.
   */
  readonly ask: AskDriver;
}

/** Makes the guard of one driver over its records. */
export const createMutationGuard = (init: MutationGuardInit): MutationGuard => new MutationGuard(init);

/**
 * What the host adds to the mutations of any driver, in a process of its own or not: one at a time for each device,
 * and ownership of handles, kept in a journal.
 */
export class MutationGuard {
  readonly #ask: AskDriver;
  readonly #onChange: (() => void) | undefined;
  readonly #journal: AttachmentJournal;
  readonly #queue = new KeyedQueue();
  readonly #pending = new Set<Promise<unknown>>();

  constructor(init: MutationGuardInit) {
    this.#ask = init.ask;
    this.#onChange = init.onChange;
    this.#journal = new AttachmentJournal(init);
  }

  /**
   * Does it, unless somebody's holding stands against it. `open` is called when it is the device's turn and nothing
   * stands against it, before the journal is written: what fails there leaves no trace.
   */
  async mutate<Verb extends MutatingVerb>(
    order: MutationOrder<Verb>,
    open: () => Promise<AskDriver>,
  ): Promise<VerbAnswer[Verb]> {
    const release = await this.#takeTurn(order);
    const after: Promise<void>[] = [];
    try {
      const move = await this.#admit(order);
      const ask = await open();
      if (move === undefined) return await ask(order.verb, order.argument);
      const later = (work: (ask: AskDriver) => Promise<void>) => after.push(work(this.#ask));
      // A move is what attach and detach lead to, and answers as they do.
      return (await moveAttachment(move, { journal: this.#journal, ask, later })) as VerbAnswer[Verb];
    } finally {
      this.#hold(Promise.allSettled(after).then(release));
    }
  }

  /** Does `work` in the device's turn, unless something stands against the order; the journal stays as it is. */
  async rehearse<Result>(order: MutationOrder<MutatingVerb>, work: () => Promise<Result>): Promise<Result> {
    const release = await this.#takeTurn(order);
    try {
      await this.#admit(order);
      return await work();
    } finally {
      release();
    }
  }

  /** Closes what earlier processes and boots have left, as far as the driver can say; never fails. */
  replay(): Promise<void> {
    const takeTurn = ({ identity }: DeviceReference) =>
      this.#queue.acquire(identity, 'its replay', new AbortController().signal);
    const replaying = replayAttachments({ journal: this.#journal, ask: this.#ask, takeTurn })
      .catch(() => {})
      .then(() => this.#onChange?.());
    return this.#hold(replaying);
  }

  /** Resolves when nothing is being cleared up after a failure or a restart. */
  async idle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  #hold<Result>(work: Promise<Result>): Promise<Result> {
    const pending = work.finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
    return pending;
  }

  async #admit({ verb, argument, force }: MutationOrder<MutatingVerb>): Promise<AttachmentMove | undefined> {
    if ((verb !== 'attach' && verb !== 'detach') || !('handle' in argument)) {
      const { device } = argument;
      await this.#journal.requireFree(device, verb, () => this.#partsOf(device));
      return undefined;
    }
    const asked: AttachmentAsked = { verb, request: argument, force: force ?? false };
    const standing = await this.#journal.standing(argument.handle.id);
    const step = decideAttachment(standing, asked);
    if (step === 'conflict' || step === 'in_use') throw attachmentRefusal(step, standing, asked);
    return { asked, standing, step };
  }

  async #partsOf({ identity }: DeviceReference): Promise<ReadonlySet<string> | undefined> {
    const found = await this.#ask('discover', {}).catch(() => undefined);
    const card = found?.find((device) => device.identity === identity);
    return card && new Set(card.deployables.flatMap(({ handles }) => handles.map(({ id }) => id)));
  }

  async #takeTurn({ verb, argument, signal }: MutationOrder<MutatingVerb>): Promise<() => void> {
    const { identity } = argument.device;
    try {
      return await this.#queue.acquire(identity, verb, signal);
    } catch (error) {
      if (!isDriverError(error) || error.code !== 'timeout') throw error;
      const under = this.#queue.holderOf(identity) ?? verb;
      throw new DriverError('busy', `${verb} of ${identity} did not get its turn: ${under} is under way`, {
        device: identity,
        cause: error,
      });
    }
  }
}
