/** What a request was, for messages. */
export interface RequestLine {
  readonly method: string;
  readonly url: string;
}

interface CyborgApiErrorInit {
  readonly status: number;
  readonly code: string;
  readonly requestId: string;
  readonly detail: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly request: RequestLine;
  readonly cause?: unknown;
}

/** The service refused a request or could not do it; made from its problem body (RFC 9457). */
export class CyborgApiError extends Error {
  override readonly name = 'CyborgApiError';
  /** HTTP status. */
  readonly status: number;
  /** Dotted code of the error table; match on this. */
  readonly code: string;
  /** What the service's log has more under. */
  readonly requestId: string;
  /** What is wrong and what helps, for people. */
  readonly detail: string;
  /** Machine-readable facts about this occurrence. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly request: RequestLine;

  constructor(init: CyborgApiErrorInit) {
    const { detail, code, request } = init;
    super(`${detail} [${code}] (${request.method} ${request.url})`, { cause: init.cause });
    this.status = init.status;
    this.code = code;
    this.requestId = init.requestId;
    this.detail = detail;
    this.details = init.details;
    this.request = request;
  }
}

/** Whether a thrown value is a `CyborgApiError`, of any copy of this package; narrow further by code. */
export function isCyborgApiError(error: unknown): error is CyborgApiError {
  return error instanceof Error && error.name === 'CyborgApiError' && 'code' in error;
}
