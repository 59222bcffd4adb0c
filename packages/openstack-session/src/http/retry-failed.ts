import type { Sleep } from './backoff.ts';
import type { HttpAnswer, HttpRequest, Interceptor, Send } from './http-message.ts';
import type { RetryBudget } from './retry-budget.ts';
import { type AttemptOutcome, isRetryable, type RetryPolicy, retriesFor, retryWait } from './retry-policy.ts';
import { notify, type SessionHooks } from './session-hooks.ts';
import { socketCodeOf } from './socket-code.ts';

interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly budget: RetryBudget;
  readonly hooks: SessionHooks;
  readonly random: () => number;
  readonly sleep: Sleep;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
}

type Result =
  | { readonly outcome: AttemptOutcome; readonly answer: HttpAnswer }
  | { readonly outcome: AttemptOutcome; readonly failure: unknown };

/**
 * Repeats what failed and may be repeated, with full jitter, as `Retry-After` says, within the deadline and the
 * budget. The last outcome is passed on as it is.
 */
export function retryFailed(options: RetryOptions): Interceptor {
  const { budget, hooks, sleep } = options;
  return (next) => async (message) => {
    for (let attempt = 0; ; attempt++) {
      const result = await attemptOnce(next, message);
      if ('answer' in result && result.answer.status < 500) budget.refund();
      const waitMs = waitAfter(options, { message, outcome: result.outcome, attempt });
      if (waitMs === undefined) {
        if ('answer' in result) return result.answer;
        throw result.failure;
      }
      const after = message.attempts.at(-1);
      if (after !== undefined) notify(hooks.retry, { after, waitMs });
      await sleep(waitMs, message.deadline.signal);
    }
  };
}

async function attemptOnce(next: Send, message: HttpRequest): Promise<Result> {
  try {
    const answer = await next(message);
    return { outcome: { status: answer.status, retryAfter: answer.headers['retry-after'] }, answer };
  } catch (failure) {
    return { outcome: { socketCode: socketCodeOf(failure) }, failure };
  }
}

interface Failed {
  readonly message: HttpRequest;
  readonly outcome: AttemptOutcome;
  /** 0 after the first one. */
  readonly attempt: number;
}

/** How long to wait before another attempt, or undefined when this one was the last. */
function waitAfter(options: RetryOptions, { message, outcome, attempt }: Failed): number | undefined {
  const { policy, budget, random, wallClock } = options;
  if (attempt >= retriesFor(outcome, { ...policy, ...message.retry })) return undefined;
  if (message.deadline.signal.aborted || !isRetryable(outcome, message.idempotent)) return undefined;
  const waitMs = retryWait({ policy, outcome, attempt, random, wallClock });
  if (waitMs === undefined || waitMs >= message.deadline.remainingMs()) return undefined;
  return budget.take() ? waitMs : undefined;
}
