export type { AuditEntry, AuditSink } from './audit-entry.ts';
export { createDriverHost, DriverHost, type DriverHostOptions } from './driver-host.ts';
export type { DriverLogLine, DriverLogSink } from './driver-log-line.ts';
export type { DriverCallOptions } from './driver-process.ts';
export { type CallVerb, type HostLimits, usualLimits } from './host-limits.ts';
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
