export { Recording } from '../recording/recording.ts';
export type { Check } from './check.ts';
export { conformanceChecks } from './checks/index.ts';
export {
  CheckEvidence,
  CheckOutcome,
  CheckResult,
  ConformanceLevel,
  type ConformanceReport,
  conformanceKitVersion,
  failedChecks,
  TestedDevice,
} from './conformance-report.ts';
export type {
  ConformanceFixture,
  ConformanceSubject,
  Disturbance,
  FixtureImage,
  FixtureImages,
  StagedMachine,
} from './conformance-subject.ts';
export { createContext } from './create-context.ts';
export { type FuzzOptions, type FuzzReport, type FuzzTarget, fuzzParser } from './fuzz-parser.ts';
export { hardwareChecks, hardwareConformance } from './hardware-conformance.ts';
export { manifestFixtures } from './manifest-fixtures.ts';
export { type FixtureHold, openByProcess, pciFixture } from './pci-fixture.ts';
export { replayChecks, replayConformance } from './replay-conformance.ts';
export { ConformanceRecord, changedSince, createConformanceRecord } from './report/conformance-record.ts';
export { renderJunit } from './report/render-junit.ts';
export { renderMarkdown } from './report/render-markdown.ts';
export { renderTerminal } from './report/render-terminal.ts';
export { runConformance } from './run-conformance.ts';
export type { FixtureLibrary, FixtureTool } from './watched-simulation.ts';
