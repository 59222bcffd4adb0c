import { addressOf, type HttpRequest, type Interceptor } from './http-message.ts';
import { notify, type SessionHooks } from './session-hooks.ts';
import { socketCodeOf } from './socket-code.ts';

interface Recorder {
  readonly hooks: SessionHooks;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** Writes every HTTP request down in the message's list of attempts, and tells the hook of it. */
export function recordAttempts({ hooks, now }: Recorder): Interceptor {
  function record(message: HttpRequest, outcome: number | string, startedAt: number): void {
    const { service, method, url } = message;
    const attempt = { service, method, address: addressOf(url), outcome, durationMs: now() - startedAt };
    message.attempts.push(attempt);
    notify(hooks.attempt, attempt);
  }
  return (next) => async (message) => {
    const startedAt = now();
    message.onAttempt?.();
    try {
      const answer = await next(message);
      record(message, answer.status, startedAt);
      return answer;
    } catch (error) {
      record(message, socketCodeOf(error), startedAt);
      throw error;
    }
  };
}

/** Tells the hook of every call that is over. */
export function observeCalls({ hooks, now }: Recorder): Interceptor {
  return (next) => async (message) => {
    const startedAt = now();
    const tell = (result: { readonly status?: number; readonly error?: unknown }) =>
      notify(hooks.call, {
        service: message.service,
        method: message.method,
        address: addressOf(message.url),
        tried: message.attempts.length,
        durationMs: now() - startedAt,
        ...result,
      });
    try {
      const answer = await next(message);
      tell({ status: answer.status });
      return answer;
    } catch (error) {
      tell({ error });
      throw error;
    }
  };
}
