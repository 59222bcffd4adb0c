import { type Sleep, sleep } from './backoff.ts';
import { type ConnectionOptions, createConnections } from './connections.ts';
import { explainFailures } from './explain-failures.ts';
import { followRedirects } from './follow-redirects.ts';
import { composeInterceptors, type Interceptor, type Send } from './http-message.ts';
import { recordAttempts } from './record-attempts.ts';
import { createRetryBudget } from './retry-budget.ts';
import { retryFailed } from './retry-failed.ts';
import { retryIdleReset } from './retry-idle-reset.ts';
import { defaultRetryPolicy, type RetryPolicy } from './retry-policy.ts';
import type { SessionHooks } from './session-hooks.ts';
import { createTransport } from './transport.ts';

/** How a transport is tuned; everything has a default. */
export interface HttpOptions extends ConnectionOptions {
  readonly retry?: RetryPolicy;
  readonly hooks?: SessionHooks;
  readonly random?: () => number;
  readonly sleep?: Sleep;
  /** A monotonic clock in milliseconds. */
  readonly now?: () => number;
  /** Milliseconds since 1970. */
  readonly wallClock?: () => number;
}

/** Sends requests, repeating what may be repeated; knows nothing of tokens. */
export interface Http {
  readonly send: Send;
  /** Waits for what is under way and closes the connections. */
  close(): Promise<void>;
}

/** A transport on a pool of kept-alive connections. What is `before` sees each request once, repeats not. */
export function createHttp(options: HttpOptions = {}, before: readonly Interceptor[] = []): Http {
  const { random = Math.random, wallClock = Date.now, now = () => performance.now(), hooks = {} } = options;
  const policy = options.retry ?? defaultRetryPolicy;
  const { dispatcher, wasReused, close } = createConnections(options);
  const send = composeInterceptors(
    [
      ...before,
      followRedirects(),
      explainFailures(),
      retryFailed({
        policy,
        budget: createRetryBudget(),
        hooks,
        random,
        sleep: options.sleep ?? sleep,
        wallClock,
      }),
      ...(policy.retries > 0 ? [retryIdleReset(wasReused)] : []),
      recordAttempts({ hooks, now }),
    ],
    createTransport({ dispatcher, attemptTimeoutMs: options.attemptTimeoutMs ?? 20_000 }),
  );
  return { send, close };
}
