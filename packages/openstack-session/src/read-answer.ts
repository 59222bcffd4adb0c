import { readErrorBody } from './error-body.ts';
import { kindOfStatus } from './error-kind.ts';
import type { HttpAnswer } from './http.ts';
import { OpenStackError, sessionError } from './openstack-error.ts';

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

/**
 * Turns an answer into a response, or throws the error that it is. `place` is the method and the address, for
 * messages.
 *
 * @throws OpenStackError for a status of 400 and above, and for broken JSON
 */
export function readAnswer(answer: HttpAnswer, place: string): SessionResponse {
  if (answer.status >= 400) throw answerError(answer, place);
  const { status, headers } = answer;
  return { status, headers, body: bodyOf(answer, place), requestId: headers['x-openstack-request-id'] };
}

function bodyOf(answer: HttpAnswer, place: string): unknown {
  if (answer.text === '') return undefined;
  if (!isJson(answer)) return answer.text;
  try {
    return JSON.parse(answer.text);
  } catch (cause) {
    throw sessionError('session.bad_answer', `${place} answered ${answer.status} with broken JSON`, {
      tried: answer.tried,
      status: answer.status,
      cause,
    });
  }
}

function answerError(answer: HttpAnswer, place: string): OpenStackError {
  const body = parsedOrText(answer);
  const said = readErrorBody(body);
  const code = said.code ?? `http.${answer.status}`;
  const requestId = answer.headers['x-openstack-request-id'] ?? said.requestId;
  const suffix = requestId === undefined ? '' : ` (${requestId})`;
  return new OpenStackError({
    kind: kindOfStatus(answer.status),
    code,
    message: `${place} answered ${answer.status} ${code}: ${said.detail || 'no detail'}${suffix}`,
    detail: said.detail,
    status: answer.status,
    requestId,
    tried: answer.tried,
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
