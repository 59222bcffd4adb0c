import type { CommandOf, OperationOutcome, Uuid } from '@cyborgjs/core';
import type { Ledger } from './ledger.ts';

type OperationCommand = CommandOf<'operation'>;

interface OperationDeskInit {
  readonly ledger: Ledger;
  readonly bootId: string;
  readonly now: () => number;
  readonly run: (command: OperationCommand, signal: AbortSignal) => Promise<OperationOutcome>;
  readonly tell: (operationId: Uuid, outcome: OperationOutcome) => void;
}

/**
 * Takes operations in and sees that each ends once on this host: a repeat of one that runs is ignored, a repeat
 * of one that ended is answered from the ledger, one that a crash cut off runs again.
 */
export interface OperationDesk {
  accept(command: OperationCommand): Promise<void>;
  cancel(operationId: Uuid): Promise<void>;
  /** Resolves when nothing runs any more. */
  idle(): Promise<void>;
}

/** A desk over the ledger of one host. */
export function createOperationDesk({ ledger, bootId, now, run, tell }: OperationDeskInit): OperationDesk {
  const running = new Map<Uuid, { readonly cancel: AbortController; readonly done: Promise<void> }>();

  async function end(operationId: Uuid, startedAt: number, outcome: OperationOutcome): Promise<void> {
    // An attempt that may be made again has not ended: its entry stays open, so that the next command runs it.
    const final = outcome.kind !== 'failed' || outcome.retry === 'never';
    const ended = final ? { at: now(), outcome } : null;
    await ledger.writeOperation(operationId, { startedAt, bootId, ended });
    tell(operationId, outcome);
  }

  async function carryOut(command: OperationCommand, signal: AbortSignal): Promise<void> {
    const startedAt = now();
    await ledger.writeOperation(command.operationId, { startedAt, bootId, ended: null });
    await end(
      command.operationId,
      startedAt,
      signal.aborted ? { kind: 'canceled' } : await run(command, signal),
    );
  }

  return {
    async accept(command) {
      const { operationId } = command;
      if (running.has(operationId)) return;
      const entry = await ledger.operation(operationId);
      if (running.has(operationId)) return;
      if (entry?.ended) return tell(operationId, entry.ended.outcome);
      const cancel = new AbortController();
      const done = carryOut(command, cancel.signal).finally(() => running.delete(operationId));
      running.set(operationId, { cancel, done });
      done.catch(() => undefined);
    },
    async cancel(operationId) {
      const here = running.get(operationId);
      if (here !== undefined) return here.cancel.abort();
      const entry = await ledger.operation(operationId);
      if (entry?.ended) return tell(operationId, entry.ended.outcome);
      await end(operationId, now(), { kind: 'canceled' });
    },
    async idle() {
      await Promise.allSettled([...running.values()].map(({ done }) => done));
    },
  };
}
