import { STATUS_CODES } from 'node:http';
import type { CyborgError, ErrorCode } from '@cyborgjs/core';
import { httpStatus } from '../http-status.ts';
import { pythonJson } from './python-json.ts';

/** Refusals that Cyborg's router, not one of its operations, would have uttered: they are shaped differently. */
const fromRouter: ReadonlySet<ErrorCode> = new Set([
  'route.not_found',
  'route.method_not_allowed',
  'request.not_acceptable',
  'microversion.malformed',
  'microversion.unsupported',
]);
const withoutDescription: ReadonlySet<ErrorCode> = new Set(['route.not_found', 'route.method_not_allowed']);

/**
 * The body of an error below `/v2`, a line of JSON. As in Cyborg it is encoded twice: openstacksdk decodes the string
 * in `error_message` and shows its `faultstring`. 401 alone has the shape of keystonemiddleware.
 */
export function faultBody(error: CyborgError): string {
  const status = httpStatus(error);
  if (status === 401) {
    const message = 'The request you have made requires authentication.';
    return pythonJson({ error: { code: 401, title: 'Unauthorized', message } });
  }
  return pythonJson({
    error_message: pythonJson(fromRouter.has(error.code) ? routerFault(error) : fault(error)),
  });
}

function fault(error: CyborgError) {
  const faultcode = httpStatus(error) < 500 ? 'Client' : 'Server';
  return { faultcode, faultstring: error.message, debuginfo: null };
}

function routerFault(error: CyborgError) {
  const code = httpStatus(error);
  const description = withoutDescription.has(error.code) ? '' : error.message;
  return { code, title: STATUS_CODES[code] ?? '', description };
}
