import { readErrorBody } from '../errors/error-body.ts';
import { kindOfStatus } from '../errors/error-kind.ts';
import { OpenStackError, sessionError } from '../errors/openstack-error.ts';
import { type HttpAnswer, type HttpRequest, placeOf } from './http-message.ts';
import { parseRetryAfter } from './retry-policy.ts';

/** The answer to a call that succeeded (2xx, and 300 for version documents). */
export interface SessionResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, or text when the answer is not JSON, or undefined when it is empty. */
  readonly body: unknown;
  /** The service's own request id. */
  readonly requestId: string | undefined;
}

/** What an answer answers, and when it came. */
export interface AnswerContext {
  readonly message: HttpRequest;
  /** Milliseconds since 1970, to read a `Retry-After` that is a date. */
  readonly wallClock: () => number;
}

/**
 * Turns an answer into a response, or throws the error that it is.
 *
 * @throws OpenStackError for a status of 400 and above, and for broken JSON
 */
export function readAnswer(answer: HttpAnswer, context: AnswerContext): SessionResponse {
  if (answer.status >= 400) throw answerError(answer, context);
  const { status, headers } = answer;
  const body = bodyOf(answer, context.message);
  return { status, headers, body, requestId: headers['x-openstack-request-id'] };
}

function bodyOf(answer: HttpAnswer, message: HttpRequest): unknown {
  if (answer.text === '') return undefined;
  if (!isJson(answer)) return answer.text;
  try {
    return JSON.parse(answer.text);
  } catch (cause) {
    throw sessionError(
      'session.bad_answer',
      `${placeOf(message)} answered ${answer.status} with broken JSON`,
      {
        attempts: message.attempts,
        status: answer.status,
        cause,
      },
    );
  }
}

function answerError(answer: HttpAnswer, { message, wallClock }: AnswerContext): OpenStackError {
  const body = parsedOrText(answer);
  const said = readErrorBody(body);
  const code = said.code ?? `http.${answer.status}`;
  const requestId = answer.headers['x-openstack-request-id'] ?? said.requestId;
  const suffix = requestId === undefined ? '' : ` (${requestId})`;
  return new OpenStackError({
    kind: kindOfStatus(answer.status),
    code,
    message: `${placeOf(message)} answered ${answer.status} ${code}: ${said.detail || 'no detail'}${suffix}`,
    detail: said.detail,
    status: answer.status,
    requestId,
    attempts: message.attempts,
    retryAfterMs: parseRetryAfter(answer.headers['retry-after'], wallClock()),
    body,
  });
}

function parsedOrText(answer: HttpAnswer): unknown {
  try {
    return JSON.parse(answer.text);
  } catch {
    return answer.text;
  }
}

function isJson({ headers }: HttpAnswer): boolean {
  return /^application\/([\w.-]+\+)?json\b/.test(headers['content-type'] ?? '');
}
