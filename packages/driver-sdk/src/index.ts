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
export type { Machine, RunOptions, RunResult } from './machine.ts';
