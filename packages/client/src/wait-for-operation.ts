import { isFinal, type Operation, operationStates } from '@cyborgjs/core';
import type { CallOptions } from './call-api.ts';
import { isCyborgApiError } from './cyborg-api-error.ts';
import { isCyborgConnectionError } from './cyborg-connection-error.ts';

/** How an operation is waited for. */
export interface WaitOptions extends CallOptions {
  /** Called with what was seen first, and again whenever something has changed. */
  readonly onChange?: (operation: Operation) => void;
  /** Called when the service cannot be asked just now; the waiting goes on. */
  readonly onTrouble?: (error: Error) => void;
  /** Pause between two looks; default 1000. */
  readonly pollMs?: number;
  /** How many looks in a row may fail before the waiting is given up; default 60. */
  readonly maxTroubles?: number;
}

interface WaitInit {
  readonly look: (options: CallOptions) => Promise<Operation>;
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/**
 * Looks at an operation until it has ended. Aborting `signal` ends the waiting only, never the operation. Rejects
 * with the last error when the service stays out of reach for `maxTroubles` looks in a row.
 */
export async function waitForOperation({ look, sleep }: WaitInit, options: WaitOptions): Promise<Operation> {
  const { signal, onChange, onTrouble, pollMs = 1000, maxTroubles = 60 } = options;
  let last = '';
  let troubles = 0;
  for (;;) {
    try {
      const operation = await look(signal === undefined ? {} : { signal });
      troubles = 0;
      const seen = JSON.stringify(operation);
      if (seen !== last) onChange?.(operation);
      last = seen;
      if (isFinal(operationStates, operation.state)) return operation;
    } catch (error) {
      if (!mayPass(error) || ++troubles >= maxTroubles) throw error;
      onTrouble?.(error);
    }
    await sleep(pollMs, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  }
}

/** Whether the same question may get an answer later. */
function mayPass(error: unknown): error is Error {
  if (isCyborgConnectionError(error)) return true;
  return isCyborgApiError(error) && (error.status === 429 || error.status >= 502);
}
