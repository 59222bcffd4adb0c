export { createFileRecords, type UnusableRecord } from '../records/file-records.ts';
export { createMemoryRecords } from '../records/memory-records.ts';
export type { RecordKind, RecordStore } from '../records/record-store.ts';
export type { AskDriver } from './ask-driver.ts';
export type { AuditEntry, AuditSink } from './audit-entry.ts';
export type { Sandbox } from './driver-command.ts';
export { createDriverHost, DriverHost, type DriverHostOptions } from './driver-host.ts';
export type { DriverLogLine, DriverLogSink } from './driver-log-line.ts';
export type { DriverCallOptions } from './driver-process.ts';
export { createDriverRecords } from './driver-records.ts';
export { type HeldAttachments, listHeldAttachments } from './held-attachments.ts';
export { type CallVerb, type HostLimits, patientLimits, usualLimits } from './host-limits.ts';
export { createHostedDriver, type HostedDriver } from './hosted-driver.ts';
export {
  createMutationGuard,
  type MutatingVerb,
  type MutationGuard,
  type MutationGuardInit,
  type MutationOrder,
} from './mutation-guard.ts';
export {
  driverMessages,
  hostMessages,
  MachineChoice,
  oldestProtocolVersion,
  protocolVersion,
  SeamPlace,
  SeamRequest,
} from './protocol.ts';
export {
  type DriverPackage,
  type DriverPackageLocation,
  resolveDriverPackage,
} from './resolve-driver-package.ts';
export type { SendSignal } from './spawn-child.ts';
export type { VerbAnswer, VerbArgument } from './verb-answers.ts';
