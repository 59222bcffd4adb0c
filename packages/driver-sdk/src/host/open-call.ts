import type { DriverVerb } from '@cyborgjs/core';
import { DriverError, isDriverError } from '../driver-error.ts';
import { CriticalSections } from './critical-sections.ts';
import { deadlineSignal } from './deadline-signal.ts';

interface OpenCallOptions {
  readonly verb: DriverVerb;
  readonly deadlineMs: number | null;
  /** How long it may tell of no progress; for ever when left out. */
  readonly idleMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number, note?: string) => void;
}

/** A call that the driver's process has not answered yet, as the host keeps it. */
export class OpenCall {
  readonly verb: DriverVerb;
  /** Resolves when it has ended, whatever way. */
  readonly settled: Promise<void>;
  /** Its sections now under way that must not be cut off. */
  readonly sections = new CriticalSections();
  /** Why it is to end early; then its failure is that, whatever the driver says of it. */
  canceled: DriverError | undefined;
  readonly #options: OpenCallOptions;
  readonly #onCancel: (reason: DriverError) => void;
  readonly #settle: () => void;
  #idle: NodeJS.Timeout | undefined;

  /** `onCancel` is told once, at the deadline or when the signal is aborted. */
  constructor(options: OpenCallOptions, onCancel: (reason: DriverError) => void) {
    this.verb = options.verb;
    this.#options = options;
    this.#onCancel = onCancel;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.settled = promise;
    this.#settle = resolve;
  }

  progress(fraction: number, note: string | undefined): void {
    this.#idle?.refresh();
    if (note === undefined) this.#options.onProgress?.(fraction);
    else this.#options.onProgress?.(fraction, note);
  }

  /** The driver's answer; an answer that still comes after cancellation is the truth and counts. */
  async outcome(answer: Promise<unknown>): Promise<unknown> {
    const { verb, deadlineMs, signal } = this.#options;
    const late = (): DriverError => new DriverError('timeout', `${verb} did not end within ${deadlineMs} ms`);
    const limit = deadlineSignal(deadlineMs ?? Number.POSITIVE_INFINITY, signal, late);
    this.#watchProgress();
    const onAbort = (): void => this.#cancel(cancelReason(verb, limit.signal.reason));
    limit.signal.addEventListener('abort', onAbort, { once: true });
    if (limit.signal.aborted) onAbort();
    try {
      return await answer;
    } catch (cause) {
      const { canceled } = this;
      if (canceled === undefined) throw cause;
      throw new DriverError(canceled.code, canceled.message, { retry: canceled.retry, cause });
    } finally {
      limit.clear();
      clearTimeout(this.#idle);
      this.#settle();
    }
  }

  #watchProgress(): void {
    const { verb, idleMs } = this.#options;
    if (idleMs === undefined) return;
    this.#idle = setTimeout(() => {
      if (this.sections.isOpen) this.#idle?.refresh();
      else this.#cancel(new DriverError('timeout', `${verb} has told of no progress for ${idleMs} ms`));
    }, idleMs);
  }

  #cancel(reason: DriverError): void {
    if (this.canceled !== undefined) return;
    this.canceled = reason;
    this.#onCancel(reason);
  }
}

/** The failure of a call whose signal was aborted for a reason: that, where it is a failure; else its caller's wish. */
export function cancelReason(verb: DriverVerb, reason: unknown): DriverError {
  if (isDriverError(reason)) return reason;
  return new DriverError(
    'canceled',
    `${verb} was cancelled`,
    reason instanceof Error ? { cause: reason } : {},
  );
}
