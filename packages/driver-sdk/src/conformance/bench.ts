import { isDeepStrictEqual } from 'node:util';
import { DiscoveredDevice, type DiscoveredHandle } from '@cyborgjs/core';
import type { AttachRequest, Consumer, DeviceReference } from '../driver.ts';
import type { DriverManifest } from '../driver-manifest.ts';
import { createDriverRecords } from '../host/driver-records.ts';
import { createMemoryRecords } from '../records/memory-records.ts';
import { type CalledVerb, type CallOptions, type CallOutcome, callDriver } from './call-driver.ts';
import type { CheckEvidence } from './conformance-report.ts';
import type { ConformanceFixture, ConformanceSubject, StagedMachine } from './conformance-subject.ts';
import { loadAnew } from './load-anew.ts';

/** Everything of a machine that a driver could have changed, by path. */
export type MachineState = ReadonlyMap<string, string>;

/** The driver on one fresh machine; what it keeps in its store outlives its process, as under a host. */
export interface Trial {
  readonly staged: StagedMachine;
  call(verb: CalledVerb, request?: unknown, options?: CallOptions): Promise<CallOutcome>;
}

/** A driver and a fixture, ready to be tried as often as a check likes. */
export interface Bench {
  readonly subject: ConformanceSubject;
  readonly manifest: DriverManifest;
  readonly fixture: ConformanceFixture;
  /** Runs `work` on a fresh machine: the fixture's own, or one of its variants. */
  trial<Result>(
    work: (trial: Trial) => Promise<Result>,
    stage?: () => Promise<StagedMachine>,
  ): Promise<Result>;
  /** Notes an expectation; `finding` says in words what the driver did and what was expected. */
  expect(holds: boolean, finding: () => string): void;
  /** Notes that the check cannot be tried here, and why. */
  notShown(reason: string): void;
  /** Notes that there is nothing in the driver that the check is about: `the driver has no program`. */
  notApplicable(reason: string): void;
  /** What a discovery answers when nothing goes wrong. */
  inventory(): Promise<readonly DiscoveredDevice[]>;
  now(): number;
  readonly evidence: CheckEvidence;
  readonly findings: readonly string[];
  /** Why the check was not tried; undefined when it was. */
  readonly skipped: { readonly outcome: 'not-shown' | 'not-applicable'; readonly reason: string } | undefined;
}

interface BenchInit {
  readonly subject: ConformanceSubject;
  readonly manifest: DriverManifest;
  readonly fixture: ConformanceFixture;
  readonly now: () => number;
}

/** How many findings are kept in words; the rest is only counted. */
const keptFindings = 5;

/** Makes a bench; the driver's config is parsed once, as its process would. */
export function createBench(init: BenchInit): Bench {
  const { subject, manifest, fixture, now } = init;
  const findings: string[] = [];
  const counts = { trials: 0, expectations: 0, failures: 0 };
  const runTrial = createTrialRunner(init);
  let inventory: Promise<readonly DiscoveredDevice[]> | undefined;
  let skipped: Bench['skipped'];

  const trial: Bench['trial'] = (work, stage) => {
    counts.trials += 1;
    return runTrial(work, stage);
  };
  return {
    subject,
    manifest,
    fixture,
    trial,
    now,
    evidence: counts,
    findings,
    get skipped() {
      return skipped;
    },
    notShown: (reason) => {
      skipped ??= { outcome: 'not-shown', reason };
    },
    notApplicable: (reason) => {
      skipped ??= { outcome: 'not-applicable', reason };
    },
    expect: (holds, finding) => {
      counts.expectations += 1;
      if (holds) return;
      counts.failures += 1;
      if (findings.length < keptFindings) findings.push(finding());
    },
    inventory: () => {
      inventory ??= trial(async ({ call }) => requireInventory(await call('discover')));
      return inventory;
    },
  };
}

function createTrialRunner({ subject, manifest, fixture, now }: BenchInit): Bench['trial'] {
  const config: unknown = subject.driver.config.parse(fixture.config);
  let { driver } = subject;
  return async (work, stage = fixture.stage) => {
    const staged = await stage();
    const store = createDriverRecords({
      driver: manifest.id,
      records: createMemoryRecords(),
      bootId: 'trial',
    });
    const call: Trial['call'] = async (verb, request, options) => {
      const outcome = await callDriver({
        ...options,
        driver,
        crash: subject.crash,
        machine: staged.machine,
        clock: staged.clock,
        permissions: manifest.permissions,
        config,
        verb,
        store,
        deadlineAt: now() + 600_000,
        ...(request === undefined ? {} : { request }),
      });
      // With its process everything that it remembered has died.
      if (outcome.kind === 'crashed') driver = await loadAnew(subject);
      return outcome;
    };
    try {
      return await work({ staged, call });
    } finally {
      await staged.dispose();
    }
  };
}

function requireInventory(outcome: CallOutcome): readonly DiscoveredDevice[] {
  if (outcome.kind === 'answered') return DiscoveredDevice.array().parse(outcome.value);
  throw new Error(`discover ${describeOutcome(outcome)} on a healthy machine; no other check can be tried`);
}

/** A handle and the device it belongs to. */
export interface OfferedHandle {
  readonly device: DiscoveredDevice;
  readonly handle: DiscoveredHandle;
}

/** The first handle that the driver offers on the fixture; undefined when it offers none. */
export async function firstHandle(bench: Bench): Promise<OfferedHandle | undefined> {
  return handlesIn(await bench.inventory())[0];
}

/** All handles that the driver offers on the fixture. */
export function handlesIn(devices: readonly DiscoveredDevice[]): OfferedHandle[] {
  return devices.flatMap((device) =>
    device.deployables.flatMap(({ handles }) => handles.map((handle) => ({ device, handle }))),
  );
}

/** A device as the host names it to the driver. */
export function referenceTo({ identity, address }: DiscoveredDevice): DeviceReference {
  return { identity: identity ?? `at:${address}`, address };
}

/** The request to attach a handle by one road. */
export function requestFor({ device, handle }: OfferedHandle, via: Consumer['via']): AttachRequest {
  return {
    device: referenceTo(device),
    handle: { id: handle.id, type: handle.type },
    consumer: { type: via === 'nova' ? 'instance' : 'host', id: '6b0f3b1c-5f0e-4d53-9b0c-1f1f6f3f8a01', via },
    options: {},
  };
}

export const roads: readonly Consumer['via'][] = ['direct', 'nova'];

/** How a call ended, as the end of a sentence whose subject is the verb. */
export function describeOutcome(outcome: CallOutcome): string {
  if (outcome.kind === 'answered') return `answered ${JSON.stringify(outcome.value)?.slice(0, 300)}`;
  if (outcome.kind === 'failed') {
    const { code, message } = outcome.failure;
    return `failed with ${outcome.typed ? code : 'an untyped error'}: ${message.slice(0, 300)}`;
  }
  return outcome.kind === 'crashed' ? 'crashed' : 'did not come back after it was aborted';
}

/** The paths whose content differs, and how; undefined when the states are equal. */
export function differenceOf(before: MachineState, after: MachineState): string | undefined {
  if (before === after) return undefined;
  const paths = new Set([...before.keys(), ...after.keys()]);
  const changed = [...paths].filter((path) => before.get(path) !== after.get(path)).sort();
  if (changed.length === 0) return undefined;
  const told = changed.slice(0, 4).map((path) => {
    const [was, is] = [before.get(path) ?? 'absent', after.get(path) ?? 'absent'];
    return `${path} was ${JSON.stringify(was.slice(0, 80))} and is ${JSON.stringify(is.slice(0, 80))}`;
  });
  return `${told.join('; ')}${changed.length > 4 ? ` and ${changed.length - 4} more` : ''}`;
}

/** Whether two answers are the same data. */
export const sameAnswer = (left: unknown, right: unknown): boolean => isDeepStrictEqual(left, right);
