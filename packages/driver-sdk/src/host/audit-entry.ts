import type { DriverErrorCode, DriverVerb } from '@cyborgjs/core';
import type { DriverLogLine } from './driver-log-line.ts';

interface AuditFacts {
  readonly driver: string;
  readonly callId: string;
  /** The verb of the driver that was being called. */
  readonly during: DriverVerb;
  /** Identity of the device that the call is about; null for a call about none or several. */
  readonly device: string | null;
  /** True when it was only planned. */
  readonly dryRun: boolean;
  readonly ok: boolean;
  readonly failure: { readonly code: DriverErrorCode; readonly message: string } | null;
  readonly durationMs: number;
}

interface AuditedWrite extends AuditFacts {
  readonly verb: 'write';
  readonly path: string;
  /** The path without symbolic links, which the permissions were held against; null when it was refused before. */
  readonly realPath: string | null;
  /** What was written, shortened, secrets cut. */
  readonly text: string;
}

interface AuditedRun extends AuditFacts {
  readonly verb: 'run';
  readonly tool: string;
  /** Shortened, secrets cut. */
  readonly args: readonly string[];
  /** Null when the tool gave none. */
  readonly exitCode: number | null;
}

interface AuditedInvoke extends AuditFacts {
  readonly verb: 'invoke';
  readonly port: string;
  readonly method: string;
  /** As JSON text, secrets cut. */
  readonly argument: string;
}

/** One write, tool or change by a vendor's library that a driver asked for, after it was done, refused or failed. */
export type AuditEntry = AuditedWrite | AuditedRun | AuditedInvoke;

/** Takes each entry, once. What it throws is logged and changes nothing. */
export type AuditSink = (entry: AuditEntry) => void;

/** An entry as a line of the driver's log, marked with the fact `audit`. */
export function auditLine({ driver, callId, ...facts }: AuditEntry): DriverLogLine {
  const message = `${facts.dryRun ? 'would ' : ''}${facts.verb}`;
  const level = facts.ok ? 'info' : 'warn';
  return { driver, source: 'host', level, message, callId, facts: { audit: true, ...facts } };
}
