import { sessionError } from '../errors/openstack-error.ts';
import { type Interceptor, placeOf } from './http-message.ts';

const redirects = new Set([301, 302, 307, 308]);
const limit = 5;

/**
 * Follows redirects, method and body kept, as long as they stay at the request's own origin: the token is for no
 * other.
 *
 * @throws OpenStackError `session.redirect_refused`, and what `Send` throws
 */
export function followRedirects(): Interceptor {
  return (next) => async (message) => {
    let { url } = message;
    for (let hops = 0; ; hops++) {
      const answer = await next({ ...message, url });
      const { location } = answer.headers;
      if (!redirects.has(answer.status) || location === undefined) return answer;
      const target = URL.parse(location, url.href);
      if (target === null || target.origin !== message.url.origin || hops >= limit)
        throw sessionError(
          'session.redirect_refused',
          `${placeOf({ ...message, url })} redirects to ${target === null ? location : target.origin + target.pathname}, ` +
            'which is not followed: the token is for the first origin only. Set the endpoint to the final address.',
          { attempts: message.attempts, status: answer.status },
        );
      url = target;
    }
  };
}
