import { writeFileSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import { conformanceChecks } from '../../conformance/checks/index.ts';
import {
  type ConformanceLevel,
  type ConformanceReport,
  failedChecks,
} from '../../conformance/conformance-report.ts';
import { replayConformance } from '../../conformance/replay-conformance.ts';
import {
  type ConformanceRecord,
  createConformanceRecord,
} from '../../conformance/report/conformance-record.ts';
import { joinReports } from '../../conformance/report/join-reports.ts';
import { renderJunit } from '../../conformance/report/render-junit.ts';
import { renderMarkdown } from '../../conformance/report/render-markdown.ts';
import { renderTerminal } from '../../conformance/report/render-terminal.ts';
import { runConformance } from '../../conformance/run-conformance.ts';
import { DriverError } from '../../driver-error.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { hashPackageFiles } from '../hash-package-files.ts';
import { type OpenPackage, openPackage } from '../open-package.ts';
import { packageRecordings, simulatedFixtures } from '../package-fixtures.ts';
import type { Terminal } from '../terminal.ts';
import { listChecks } from './list-checks.ts';
import { runOnHardware } from './run-on-hardware.ts';

export interface TestFlags {
  /** At least one, the weakest first. */
  readonly level: readonly ConformanceLevel[];
  readonly config?: string;
  /** Numbers or names, with commas between them. */
  readonly checks?: string;
  /** Only says which checks there are. */
  readonly list?: boolean;
  /** At level hardware: identity or address of the device to attach and detach. */
  readonly device?: string;
  readonly destructive?: boolean;
  /** Nobody is asked before a device is touched. */
  readonly yes?: boolean;
  /** At level hardware: JSON file with images to program. */
  readonly images?: string;
  readonly json?: string;
  readonly junit?: string;
  readonly report?: string;
}

/** Runs the kit on the driver in a directory and says what it showed. */
export async function testDriver(directory: string, flags: TestFlags, terminal: Terminal): Promise<ExitCode> {
  if (flags.list === true) return listChecks(terminal);
  const checks = flags.checks === undefined ? undefined : checkIds(flags.checks);
  const opened = await openPackage(directory, flags.config);
  const work = (): Promise<ConformanceReport> => runLevels(opened, flags, { checks, terminal });
  const report = await unlessItExits(terminal, work).finally(() => opened.hosted?.close());
  const record = createConformanceRecord(report, {
    files: hashPackageFiles(opened.directory, opened.packageJson),
    machine: { node: process.versions.node, platform: platform(), arch: arch(), kernel: release() },
    madeAt: Date.now(),
  });
  for (const [file, contents] of outputs(flags, record)) writeFileSync(file, contents);
  terminal.print(renderTerminal(record, terminal));
  return failedChecks(report).length === 0 ? exitCode.ok : exitCode.failed;
}

/** A driver that ends the process it runs in must not end the kit as if all were well. */
async function unlessItExits<Result>(terminal: Terminal, work: () => Promise<Result>): Promise<Result> {
  const onExit = (): void => {
    terminal.tell(
      'cyborg-driver: the driver ended this process in the middle of a check; nothing was shown.',
    );
    process.exitCode = exitCode.failed;
  };
  process.once('exit', onExit);
  try {
    return await work();
  } finally {
    process.off('exit', onExit);
  }
}

interface LevelRun {
  readonly checks: readonly number[] | undefined;
  readonly terminal: Terminal;
}

async function runLevels(opened: OpenPackage, flags: TestFlags, run: LevelRun): Promise<ConformanceReport> {
  const reports: ConformanceReport[] = [];
  for (const level of flags.level) reports.push(await runLevel(opened, flags, { ...run, level }));
  const [first, ...others] = reports;
  if (first === undefined) throw new DriverError('invalid', 'no level was chosen');
  return others.length === 0 ? first : joinReports([first, ...others]);
}

async function runLevel(
  opened: OpenPackage,
  flags: TestFlags,
  { checks, terminal, level }: LevelRun & { readonly level: ConformanceLevel },
): Promise<ConformanceReport> {
  const { driver, packageJson, hosted } = opened;
  const only = checks === undefined ? {} : { checks };
  if (level === 'sim') {
    const fixtures = await simulatedFixtures(opened);
    const crash = hosted === undefined ? {} : { crash: hosted.crash };
    return runConformance({ driver, packageJson, fixtures, package: opened, ...crash, ...only });
  }
  if (level === 'hardware') return runOnHardware(opened, flags, { only, terminal });
  const report = await replayConformance({ driver, packageJson, recordings: packageRecordings(opened) });
  return { ...report, results: report.results.filter(({ id }) => checks?.includes(id) ?? true) };
}

function checkIds(list: string): number[] {
  return list.split(',').map((word) => {
    const check = conformanceChecks.find(
      ({ id, name }) => String(id) === word.trim() || name === word.trim(),
    );
    if (check !== undefined) return check.id;
    const known = conformanceChecks.map(({ id, name }) => `${id} ${name}`).join(', ');
    throw new DriverError('invalid', `there is no check "${word}"; there are ${known}`);
  });
}

function outputs(
  { json, junit, report }: TestFlags,
  record: ConformanceRecord,
): [file: string, text: string][] {
  const made: [string | undefined, () => string][] = [
    [json, () => `${JSON.stringify(record, undefined, 2)}\n`],
    [junit, () => renderJunit(record)],
    [report, () => renderMarkdown(record)],
  ];
  return made.flatMap(([file, render]) => (file === undefined ? [] : [[file, render()]]));
}
