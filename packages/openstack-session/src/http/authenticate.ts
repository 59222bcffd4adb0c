import type { AuthProvider } from '../auth/auth-provider.ts';
import type { Interceptor } from './http-message.ts';

/**
 * Adds the provider's headers to every request. After a 401 it asks for other ones and repeats the request once,
 * if it got other ones; the answer to that is final.
 */
export function authenticate(auth: AuthProvider): Interceptor {
  return (next) => async (message) => {
    const { signal } = message.deadline;
    const own = await auth.headers(signal);
    const answer = await next({ ...message, headers: { ...message.headers, ...own } });
    if (answer.status !== 401) return answer;
    auth.invalidate(own);
    const renewed = await auth.headers(signal);
    if (JSON.stringify(renewed) === JSON.stringify(own)) return answer;
    return next({ ...message, headers: { ...message.headers, ...renewed } });
  };
}
