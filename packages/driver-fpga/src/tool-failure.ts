import type { DriverErrorCode } from '@cyborgjs/core';
import { DriverError, type RunResult } from '@cyborgjs/driver-sdk';

/** What a tool's end means. */
export interface FailedTool {
  readonly code: DriverErrorCode;
  readonly why: string;
}

interface ToolRun {
  readonly tool: string;
  readonly address: string;
  readonly result: RunResult;
}

/** The error of a tool that ended with a status other than 0, with what it said. */
export function toolFailure({ code, why }: FailedTool, { tool, address, result }: ToolRun): DriverError {
  const said = printable(result.err.trim() || result.out.trim());
  const message = `${tool} on ${address} ended with ${result.code}: ${why}${said === '' ? '' : `; it says: ${said}`}`;
  return new DriverError(code, message, { device: address });
}

/** The last words, in which tools tell what went wrong. */
const printable = (text: string): string =>
  text
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .slice(-500)
    .trim();
