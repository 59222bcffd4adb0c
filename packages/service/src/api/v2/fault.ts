import { STATUS_CODES } from 'node:http';
import type { CyborgError, ErrorCode } from '@cyborgjs/core';
import { z } from 'zod';
import { pythonJson } from './python-json.ts';

/** Two encodings of JSON in each other: the text is a document with `faultstring` or, from the router, `title`. */
const Fault = z.object({ error_message: z.string() });
const fault = (description: string) => ({ description, content: { 'application/json': { schema: Fault } } });

/** What every route below `/v2` may answer besides what was asked for. */
export const faults = {
  '4xx': fault('Refused.'),
  '5xx': fault('Not possible at the moment, or a defect.'),
};

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
export function faultBody(error: CyborgError, status: number): string {
  if (status === 401) {
    const message = 'The request you have made requires authentication.';
    return pythonJson({ error: { code: 401, title: 'Unauthorized', message } });
  }
  return pythonJson({
    error_message: pythonJson(
      fromRouter.has(error.code) ? routerFault(error, status) : operationFault(error, status),
    ),
  });
}

function operationFault(error: CyborgError, status: number) {
  const faultcode = status < 500 ? 'Client' : 'Server';
  return { faultcode, faultstring: error.message, debuginfo: null };
}

function routerFault(error: CyborgError, code: number) {
  const description = withoutDescription.has(error.code) ? '' : error.message;
  return { code, title: STATUS_CODES[code] ?? '', description };
}
