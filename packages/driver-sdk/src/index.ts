export {
  type AttachmentInfo,
  type AttachRequest,
  type AttachStatus,
  type Consumer,
  type DeviceReference,
  type Driver,
  defineDriver,
  type InstallRequest,
  type ProgramRequest,
  verbsOf,
  type WatchHint,
} from './driver.ts';
export type { DriverContext, DriverLog } from './driver-context.ts';
export { DriverError, isDriverError, toDriverFailure } from './driver-error.ts';
export { DriverManifest, driverApiVersion } from './driver-manifest.ts';
export { createRealMachine, type RealMachineOptions } from './machine/create-real-machine.ts';
export { errnoOf } from './machine/driver-error-from-errno.ts';
export { type DryRun, dryRunMachine, type PlannedStep } from './machine/dry-run-machine.ts';
export { guardMachine } from './machine/guard-machine.ts';
export {
  observeMachine,
  type SeamCall,
  type SeamObserver,
  type SeamOutcome,
} from './machine/observe-machine.ts';
export type { Machine, RunOptions, RunResult } from './machine.ts';
export { readCardIdentity } from './pci/card-identity.ts';
export { listFacts, type ReadingContext, readFact, unlessSilent } from './pci/read-fact.ts';
