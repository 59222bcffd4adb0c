export {
  type AcceleratorRequestEvent,
  AcceleratorRequestState,
  acceleratorRequestStates,
  isResolved,
} from './accelerator-request.ts';
export { AttachHandle, AttachHandleType, DiscoveredHandle } from './attach-handle.ts';
export {
  Attachment,
  AttachmentClaim,
  AttachmentConnection,
  type AttachmentEvent,
  AttachmentInfo,
  AttachmentRelease,
  AttachmentState,
  AttachStatus,
  attachmentStates,
  Consumer,
  HeldAttachment,
} from './attachment.ts';
export { AuditOutcome, AuditRecord } from './audit-record.ts';
export { Command, type CommandOf } from './command.ts';
export { CyborgError, isCyborgError } from './cyborg-error.ts';
export { Deployable, DiscoveredDeployable } from './deployable.ts';
export { Device, DeviceKind, DiscoveredDevice } from './device.ts';
export { type DeviceEvent, DeviceState, deviceLifeCycle, returnEvent } from './device-life-cycle.ts';
export { DeviceProfile, DeviceProfileGroup } from './device-profile.ts';
export { DeviceStats, StatsMetric, StatsReading, StatsSample } from './device-stats.ts';
export { Diagnosis, PeerStatus, RuleFit } from './diagnosis.ts';
export {
  DriverErrorCode,
  DriverFailure,
  DriverProcessState,
  DriverStatus,
  DriverVerb,
  HostDriver,
  RetryAdvice,
} from './driver.ts';
export { CallDurations, CallOutcome, DriverCalls } from './driver-calls.ts';
export { type ErrorCode, type ErrorKind, errorTable } from './error-table.ts';
export { Event } from './event.ts';
export { Fact, type FactOf } from './fact.ts';
export { Finding, finding, findingLines, type PaintFinding } from './finding.ts';
export {
  type FlavorContent,
  FlavorFit,
  FlavorProposal,
  flavorDescription,
  flavorGroups,
  hotplugTrait,
  ProposedTrait,
} from './flavor.ts';
export { Health, HealthPeriod, isUsable } from './health.ts';
export { Host, PlacementStatus } from './host.ts';
export { Image, ImageDigest } from './image.ts';
export { matchesPattern } from './matches-pattern.ts';
export {
  Operation,
  OperationAttempt,
  type OperationEvent,
  OperationFailure,
  OperationOutcome,
  OperationState,
  OperationStep,
  OperationSteps,
  OperationVerb,
  operationStates,
} from './operation.ts';
export {
  type OperationArguments,
  OperationPlan,
  operationArguments,
} from './operation-arguments.ts';
export { type Page, PageQuery, pageOf } from './page.ts';
export { PciAddress, type PciAddressParts, parsePciAddress, pciAddressParts } from './pci-address.ts';
export { PlannedStep } from './planned-step.ts';
export { Problem } from './problem.ts';
export {
  allResourceClasses,
  ProjectLimits,
  ProjectQuotas,
  Quota,
  QuotaClass,
  QuotaLimit,
  QuotaLimits,
} from './quota.ts';
export { Report } from './report.ts';
export { ResourceClass, standardAcceleratorClasses } from './resource-class.ts';
export { isFinal, requireTransition, type StateTable, statesAllowing, transition } from './state-table.ts';
export { customTrait, normaliseName, Trait } from './trait.ts';
export { UploadedImage } from './uploaded-image.ts';
export { normaliseUuid, Uuid } from './uuid.ts';
export {
  CreatedWebhook,
  EventPattern,
  EventPatterns,
  Webhook,
  WebhookAttempt,
  WebhookName,
  WebhookSecret,
  WebhookState,
  WebhookTest,
} from './webhook.ts';
