/** What an error answer says, whatever its shape. */
export interface ErrorBody {
  /** The service's dotted code (`placement.concurrent_update`), when it sent one. */
  readonly code: string | undefined;
  /** The useful text, without boilerplate; never longer than 1000 characters. */
  readonly detail: string;
  /** A request id inside the body (Placement), when there is one. */
  readonly requestId: string | undefined;
}

/**
 * Reads the error bodies that OpenStack services and what stands before them send:
 * - the API working group's `{errors: [{status, title, detail, code, request_id}]}` (Placement);
 * - webob's and keystonemiddleware's flat `{message, code, title}`, where `code` is a status, not a code;
 * - `{error: {code, title, message}}` (Keystone, keystonemiddleware);
 * - one wrapper of any name, `{itemNotFound: {code, message}}` (Nova), or `{faultstring}` (pecan);
 * - plain text and HTML (proxies, uWSGI).
 */
export function readErrorBody(body: unknown): ErrorBody {
  if (typeof body === 'string') return bodyOf({ detail: stripTags(body) });
  if (!isRecord(body)) return bodyOf({});
  if (Array.isArray(body.errors) && isRecord(body.errors[0])) return bodyOf(body.errors[0]);
  if (isRecord(body.error)) return bodyOf(body.error);
  if (typeof body.message === 'string') return bodyOf(body);
  if (typeof body.faultstring === 'string') return bodyOf({ detail: body.faultstring });
  const wrapped = Object.values(body)[0];
  return bodyOf(isRecord(wrapped) ? wrapped : {});
}

function bodyOf(record: Record<string, unknown>): ErrorBody {
  const { code, detail, message, title, request_id: requestId } = record;
  return {
    code: typeof code === 'string' && /^[a-z_]+(\.[a-z_]+)+$/.test(code) ? code : undefined,
    detail: clean([detail, message, title].find((text) => typeof text === 'string') ?? ''),
    requestId: typeof requestId === 'string' ? requestId : undefined,
  };
}

// webob puts a sentence of its own for the status before the detail, with a blank line between.
function clean(text: string): string {
  const paragraphs = text.trim().split(/\n\s*\n/);
  const useful = paragraphs.length > 1 ? paragraphs.slice(1).join('\n') : text;
  return useful.trim().replace(/\s+/g, ' ').slice(0, 1000);
}

function stripTags(text: string): string {
  return text
    .replace(/<(head|script|style)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
