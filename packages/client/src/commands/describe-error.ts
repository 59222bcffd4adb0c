import { isOpenStackError, type OpenStackError } from '@cyborgjs/openstack-session';
import { type CyborgApiError, isCyborgApiError } from '../cyborg-api-error.ts';
import { type CyborgConnectionError, isCyborgConnectionError } from '../cyborg-connection-error.ts';
import { printable } from '../render/printable.ts';
import type { Connection } from './connection.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { InterruptedError } from './interrupted-error.ts';
import { UsageError } from './usage-error.ts';

/** An error as an operator gets to see it. */
export interface ErrorDescription {
  readonly exitCode: ExitCode;
  /** What happened, where, and what helps; one line. */
  readonly line: string;
  /** The same as data, for `--json`. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Describes whatever was thrown; `tokenSource` helps with a refused token. */
export function describeError(
  error: unknown,
  tokenSource: Connection['tokenSource'] = 'none was given',
): ErrorDescription {
  if (isCyborgApiError(error)) return describeRefusal(error, tokenSource);
  if (isCyborgConnectionError(error)) return describeSilence(error);
  if (error instanceof UsageError) return describeOther(error, 'usage', exitCode.usage);
  if (error instanceof InterruptedError) return describeOther(error, 'interrupted', exitCode.interrupted);
  if (isOpenStackError(error)) return describeCloud(error);
  return describeOther(error, 'unexpected', exitCode.failed);
}

/** What another service of the cloud said, Keystone or Nova, or that it said nothing. */
function describeCloud(error: OpenStackError): ErrorDescription {
  const line = printable(error.message);
  const exit =
    error.status === undefined && error.kind === 'unavailable' ? exitCode.unreachable : exitCode.failed;
  return { exitCode: exit, line, json: { code: error.code, detail: line } };
}

function describeRefusal(error: CyborgApiError, tokenSource: string): ErrorDescription {
  const { code, status, detail, details, requestId, request } = error;
  const help = advice(status, tokenSource);
  const place = `${request.method} ${request.url}: ${status} ${code}`;
  return {
    exitCode: exitCode.failed,
    line: printable(`${detail}${help === '' ? '' : `; ${help}`} (${place})`),
    json: { code, status, detail, details, requestId },
  };
}

/** What the service cannot know about the way out. */
function advice(status: number, tokenSource: string): string {
  if (status === 401) return `token used: ${tokenSource}; give another with --token-file or CYBORG_TOKEN`;
  if (status === 429 || status === 503) return 'try again in a while';
  return '';
}

function describeSilence({ reason, advice, request }: CyborgConnectionError): ErrorDescription {
  const what = `no answer of a Cyborg service from ${request.url}: ${reason}`;
  return {
    exitCode: exitCode.unreachable,
    line: printable(`${what}; ${advice}, or give another --endpoint`),
    json: { code: 'client.unreachable', url: request.url, reason, advice },
  };
}

function describeOther(error: unknown, code: string, exit: ExitCode): ErrorDescription {
  const line = printable(error instanceof Error ? error.message : String(error));
  return { exitCode: exit, line, json: { code: `client.${code}`, detail: line } };
}
