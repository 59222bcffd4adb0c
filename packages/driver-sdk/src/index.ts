export { type Clock, systemClock } from './clock.ts';
export { definePciDriver, type PciDriverTable } from './define-pci-driver.ts';
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
} from './driver.ts';
export { driverConfigSchema, driverConfigSchemaFile } from './driver-config-schema.ts';
export type { DriverContext, DriverLog } from './driver-context.ts';
export { DriverError, isDriverError, toDriverFailure } from './driver-error.ts';
export { DriverManifest, driverApiVersion, StatsMetric } from './driver-manifest.ts';
export type { DriverStore, StoredValue } from './driver-store.ts';
export { knownFacts } from './known-facts.ts';
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
export { replayMachine } from './machine/replay-machine.ts';
export { toolFailed } from './machine/tool-errors.ts';
export { type PortLibraries, withLibraries } from './machine/with-libraries.ts';
export type { BytesPart, Machine, PortOptions, PortUse, RunOptions, RunResult } from './machine.ts';
export { type BindOptions, bindVfio, requireViableGroup, type VfioNode } from './pci/bind-vfio.ts';
export { readCardIdentity, readConfigSpace } from './pci/card-identity.ts';
export { chooseVfioDriver } from './pci/choose-vfio-driver.ts';
export { createMdev, type MdevOptions, type WantedMdev } from './pci/create-mdev.ts';
export { cardHealth, describePciCard, type PciCardFacts, pciHandle } from './pci/describe-pci-card.ts';
export { type GroupBlocker, groupBlockers } from './pci/group-blockers.ts';
export { groupProblem } from './pci/group-problem.ts';
export {
  listMdevs,
  type MdevType,
  type MediatedDevice,
  readMdev,
  readMdevTypes,
} from './pci/mediated-device.ts';
export { type AttachOptions, attachPci, detachPci, statusPci } from './pci/pci-attachment.ts';
export type { PciFunction, PciLink } from './pci/pci-function.ts';
export { findDevice, installPci, requireSameCard, uninstallPci } from './pci/pci-installation.ts';
export { compilePciMatch, type PciMatch } from './pci/pci-match.ts';
export { type PciNames, readPciNames } from './pci/pci-names.ts';
export { listAttributes, orAbsent, readAttribute } from './pci/read-attribute.ts';
export { readPciFunction } from './pci/read-pci-function.ts';
export { releaseVfio } from './pci/release-vfio.ts';
export { removeMdev } from './pci/remove-mdev.ts';
export { type ResetOptions, readResetMethods, resetFunction } from './pci/reset-function.ts';
export { type AttributeReader, type ScanOptions, scanPci } from './pci/scan-pci.ts';
export { type PlannedVfCount, setVfCount } from './pci/set-vf-count.ts';
export { slotCompanions } from './pci/slot-companions.ts';
export { isVfioDriver } from './pci/sysfs-paths.ts';
export { readVfioBinding, statusVfio, type VfioBinding } from './pci/vfio-binding.ts';
export { watchPci } from './pci/watch-pci.ts';
export {
  type AnyPort,
  type AnyPorts,
  definePort,
  type NoPorts,
  type Port,
  type PortClients,
  type PortLibrary,
  type PortRead,
} from './port.ts';
export { describeHint, type WatchHint } from './watch-hint.ts';
export { worseHealth } from './worse-health.ts';
