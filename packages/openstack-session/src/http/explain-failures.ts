import { type OpenStackError, sessionError } from '../errors/openstack-error.ts';
import { type HttpRequest, type Interceptor, placeOf } from './http-message.ts';
import { socketCodeOf } from './socket-code.ts';

/**
 * Makes an error of ours of what a socket says when no answer came.
 *
 * @throws OpenStackError `session.unreachable` or `session.deadline_exceeded`; the signal's reason on an abort
 */
export function explainFailures(): Interceptor {
  return (next) => async (message) => {
    try {
      return await next(message);
    } catch (cause) {
      throw explained(message, cause);
    }
  };
}

function explained(message: HttpRequest, cause: unknown): OpenStackError | unknown {
  const { attempts, deadline } = message;
  const more = { attempts, cause };
  const count = `${attempts.length} attempt(s)`;
  if (!deadline.signal.aborted)
    return sessionError(
      'session.unreachable',
      `${placeOf(message)} got no answer after ${count}: ${socketCodeOf(cause)}. ` +
        'Check that the service runs and that this address is right.',
      more,
    );
  if (!deadline.expired()) return deadline.signal.reason;
  return sessionError(
    'session.deadline_exceeded',
    `${placeOf(message)} had no answer in the time given to it, after ${count}`,
    more,
  );
}
