import type { Interceptor } from './http-message.ts';

/**
 * Repeats once, at once and without touching the budget, what failed on a connection that had already carried an
 * answer: most likely the server closed it while it was idle, just as the request left. Since it may as well have
 * been carried out, only what is idempotent is repeated.
 */
export function retryIdleReset(wasReused: (failure: unknown) => boolean): Interceptor {
  return (next) => async (message) => {
    try {
      return await next(message);
    } catch (failure) {
      if (!message.idempotent || message.deadline.signal.aborted || !wasReused(failure)) throw failure;
      return next(message);
    }
  };
}
