import type { RequestLine } from './cyborg-api-error.ts';

interface CyborgConnectionErrorInit {
  readonly request: RequestLine;
  /** What happened: `connection refused`. */
  readonly reason: string;
  /** What to check. */
  readonly advice: string;
  readonly cause?: unknown;
}

/** No answer of the service was had: nothing listens there, it broke off, or something else answered. */
export class CyborgConnectionError extends Error {
  override readonly name = 'CyborgConnectionError';
  readonly request: RequestLine;
  readonly reason: string;
  readonly advice: string;

  constructor({ request, reason, advice, cause }: CyborgConnectionErrorInit) {
    super(`no answer of the Cyborg service from ${request.url}: ${reason}; ${advice}`, { cause });
    this.request = request;
    this.reason = reason;
    this.advice = advice;
  }
}

/** Whether a thrown value is a `CyborgConnectionError`, of any copy of this package. */
export function isCyborgConnectionError(error: unknown): error is CyborgConnectionError {
  return error instanceof Error && error.name === 'CyborgConnectionError' && 'advice' in error;
}
