import { type Http, type HttpAnswer, type HttpRequest, placeOf } from './http.ts';
import { sessionError } from './openstack-error.ts';

const redirects = new Set([301, 302, 307, 308]);
const limit = 5;

/**
 * Sends a request and follows redirects, method and body kept, as long as they stay at its own origin: the token
 * is for no other.
 *
 * @throws OpenStackError `session.redirect_refused`, and what `Http.send` throws
 */
export async function sendFollowing(http: Http, message: HttpRequest): Promise<HttpAnswer> {
  let { url } = message;
  let tried = 0;
  for (let hops = 0; ; hops++) {
    const answer = await http.send({ ...message, url });
    tried += answer.tried;
    const { location } = answer.headers;
    if (!redirects.has(answer.status) || location === undefined) return { ...answer, tried };
    const target = new URL(location, url);
    if (target.origin !== message.url.origin || hops >= limit)
      throw sessionError(
        'session.redirect_refused',
        `${placeOf({ ...message, url })} redirects to ${target.origin}${target.pathname}, which is not followed: ` +
          'the token is for the first origin only. Set the endpoint to the final address.',
        { tried, status: answer.status },
      );
    url = target;
  }
}
