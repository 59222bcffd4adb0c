import { CyborgError, isCyborgError } from '@cyborgjs/core';
import type { FastifyError } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

/**
 * Reads whatever a route, a hook or the framework threw as one of our errors. What is none of the caller's doing
 * becomes `internal.unexpected`, whose message tells nothing but the request id.
 */
export function asCyborgError(thrown: unknown, requestId: string): CyborgError {
  if (isCyborgError(thrown)) return thrown;
  if (hasZodFastifySchemaValidationErrors(thrown)) return schemaViolation(thrown);
  const error = thrown as Partial<FastifyError> | null;
  switch (error?.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new CyborgError('request.too_large', 'the body is too large', { cause: thrown });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new CyborgError('request.media_type', 'expected a body of type application/json', {
        cause: thrown,
      });
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new CyborgError('request.invalid', 'Request is not in valid JSON format', { cause: thrown });
  }
  const status = error?.statusCode ?? 500;
  if (status >= 400 && status < 500) {
    return new CyborgError('request.invalid', error?.message ?? 'bad request', { cause: thrown });
  }
  const text = `unexpected error; the log has more under ${requestId}`;
  return new CyborgError('internal.unexpected', text, { cause: thrown });
}

type Violation = Pick<FastifyError, 'validation' | 'validationContext'>;
type Issue = NonNullable<FastifyError['validation']>[number];

const placeNames: Readonly<Record<string, string>> = {
  querystring: 'query argument',
  params: 'path',
  headers: 'header',
  body: 'body',
};

function schemaViolation(thrown: Violation): CyborgError {
  const place = placeNames[thrown.validationContext ?? ''] ?? 'request';
  const problems = (thrown.validation ?? []).map((issue) => describeIssue(issue, place));
  return new CyborgError('request.invalid', problems.join('; '), { details: { problems }, cause: thrown });
}

function describeIssue(issue: Issue, place: string): string {
  const path = issue.instancePath.slice(1).replaceAll('/', '.');
  const where = path === '' ? place : `${place} ${path}`;
  const { keys } = issue.params;
  if (Array.isArray(keys)) return `unknown ${where}: ${keys.join(', ')}`;
  return `${where}: ${issue.message ?? 'not as the schema wants it'}`;
}
