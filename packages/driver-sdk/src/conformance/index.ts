export type { Check } from './check.ts';
export { conformanceChecks } from './checks/index.ts';
export {
  type CheckEvidence,
  type CheckOutcome,
  type CheckResult,
  type ConformanceReport,
  conformanceKitVersion,
  failedChecks,
} from './conformance-report.ts';
export type {
  ConformanceFixture,
  ConformanceSubject,
  Disturbance,
  StagedMachine,
} from './conformance-subject.ts';
export { createContext } from './create-context.ts';
export { pciFixture } from './pci-fixture.ts';
export { renderReport } from './render-report.ts';
export { runConformance } from './run-conformance.ts';
