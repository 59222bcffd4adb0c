import type { ErrorKind } from './error-kind.ts';

/**
 * The codes that the session itself gives to an `OpenStackError`. A service's own code (`placement.…`) is passed
 * on as it is; an answer without one has the code `http.<status>`.
 */
export const sessionErrorTable = {
  'session.unreachable': {
    kind: 'unavailable',
    text: 'No answer came: the connection could not be made or broke. `cause` has the reason of the socket.',
  },
  'session.deadline_exceeded': {
    kind: 'unavailable',
    text: 'The time given to the call (`timeoutMs`) was over before an answer came, retries included.',
  },
  'session.bad_answer': {
    kind: 'internal',
    text: 'The answer cannot be read: not JSON where JSON was announced, or not of the promised shape.',
  },
  'session.redirect_refused': {
    kind: 'internal',
    text: 'The server sent us to another origin, where the token must not go, or round in circles.',
  },
  'session.endpoint_not_found': {
    kind: 'not-found',
    text: 'The catalog has no endpoint of that type, interface and region. Set an endpoint override or mend the catalog.',
  },
  'session.authentication_failed': {
    kind: 'forbidden',
    text: 'Keystone refused the credentials. Check user, password, domains and project.',
  },
  'session.token_ended': {
    kind: 'forbidden',
    text: 'The token that the session was given has ended or was revoked, and a token cannot renew itself. Get another one, or use a password or an application credential.',
  },
  'session.bad_options': {
    kind: 'invalid',
    text: 'The options do not fit together: no user, two scopes, no address. The message names them.',
  },
  'session.bad_cloud': {
    kind: 'invalid',
    text: 'clouds.yaml or the OS_ variables describe no cloud that can be used. The message names the file, the cloud and the key.',
  },
} as const satisfies Record<string, { readonly kind: ErrorKind; readonly text: string }>;

export type SessionErrorCode = keyof typeof sessionErrorTable;
