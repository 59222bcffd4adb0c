/**
 * What a caller should do about an error: mend the request (`invalid`), look elsewhere (`not-found`), re-read and
 * decide again (`conflict`), ask for rights or credentials (`forbidden`), wait and retry (`unavailable`), report a
 * defect (`internal`).
 */
export type ErrorKind = 'invalid' | 'not-found' | 'conflict' | 'forbidden' | 'unavailable' | 'internal';

/** The kind that belongs to an HTTP status of 400 and above. */
export function kindOfStatus(status: number): ErrorKind {
  if (status === 401 || status === 403) return 'forbidden';
  if (status === 404 || status === 410) return 'not-found';
  if (status === 409 || status === 412) return 'conflict';
  if (status === 429 || status === 502 || status === 503 || status === 504) return 'unavailable';
  return status < 500 ? 'invalid' : 'internal';
}
