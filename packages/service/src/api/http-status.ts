import type { CyborgError, ErrorCode, ErrorKind } from '@cyborgjs/core';

const byKind: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  internal: 500,
  unavailable: 503,
};

/** Codes for which HTTP has a status of its own. */
const byCode: Readonly<Partial<Record<ErrorCode, number>>> = {
  'auth.required': 401,
  'route.method_not_allowed': 405,
  'request.not_acceptable': 406,
  'microversion.malformed': 406,
  'microversion.too_low': 406,
  'microversion.unsupported': 406,
  'version.changed': 412,
  'request.too_large': 413,
  'request.media_type': 415,
  'accelerator_request.unresolved': 423,
  'request.rate_limited': 429,
};

/** Whose statuses are answered below `/v2`: ours, or Cyborg's where its own tests demand a defect. */
export type StatusesOf = 'mended' | 'upstream';

/**
 * The HTTP status with which an error is answered; the only place that decides it, for `/v2` and `/v3` alike. An error
 * that Cyborg answers otherwise, and whose tests (cyborg-tempest-plugin) say so, names that status in its details.
 */
export function httpStatus(
  error: Pick<CyborgError, 'code' | 'kind'> & Partial<Pick<CyborgError, 'details'>>,
  of: StatusesOf = 'mended',
): number {
  const { upstreamStatus } = error.details ?? {};
  if (of === 'upstream' && typeof upstreamStatus === 'number') return upstreamStatus;
  return byCode[error.code] ?? byKind[error.kind];
}

/** What to put into `Retry-After`, in seconds, where coming back helps; undefined elsewhere. */
export function retryAfterSeconds(error: Pick<CyborgError, 'kind'>): number | undefined {
  return error.kind === 'unavailable' ? 5 : undefined;
}
