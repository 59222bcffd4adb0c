import { STATUS_CODES } from 'node:http';
import type { CyborgError, Problem } from '@cyborgjs/core';
import { httpStatus } from './http-status.ts';

/** The RFC 9457 body for an error; `instance` is the path that was asked for. */
export function problemOf(error: CyborgError, requestId: string, instance: string): Problem {
  const status = httpStatus(error);
  const details = Object.keys(error.details).length > 0 ? { details: { ...error.details } } : {};
  return {
    type: `urn:cyborg:error:${error.code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: error.message,
    instance,
    code: error.code,
    requestId,
    ...details,
  };
}
