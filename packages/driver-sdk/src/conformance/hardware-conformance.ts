import { DiscoveredDevice } from '@cyborgjs/core';
import type { Driver } from '../driver.ts';
import { DriverError } from '../driver-error.ts';
import { DriverManifest } from '../driver-manifest.ts';
import type { Machine } from '../machine.ts';
import { handlesIn, requestFor, roads } from './bench.ts';
import { type CalledVerb, type CallOutcome, callDriver } from './call-driver.ts';
import { conformanceChecks } from './checks/index.ts';
import type { CheckResult, ConformanceReport } from './conformance-report.ts';
import type { ConformanceFixture, ConformanceSubject, FixtureImages } from './conformance-subject.ts';
import { createHardwareMachine } from './hardware-machine.ts';
import { runConformance } from './run-conformance.ts';

interface HardwareSubject<Config>
  extends Pick<ConformanceSubject<Config>, 'driver' | 'packageJson' | 'checks'> {
  /** The driver's settings on this machine, as an operator would write them. */
  readonly config: unknown;
  readonly machine: Machine;
  /** Identity of the device to attach and detach; without it nothing on the machine is changed. */
  readonly device?: string;
  /** What the device may be programmed with. */
  readonly images?: FixtureImages;
}

/** What can be seen without a change of the machine. */
const readOnly: readonly number[] = [1, 2, 3, 4, 5, 7, 9];
/** What attaches, detaches and, where there are images, programs the one device. */
const destructive: readonly number[] = [6, 17, 18, 25, 26, 29, 41, 42, 45, 46, 48, 49, 50];

/**
 * Runs the kit on a real machine, level `hardware`. Without a device it only looks. With one it attaches and
 * detaches that device, and no other, and takes back after each trial whatever was done, also when the driver
 * fails; that it could not is a failure.
 *
 * @throws `not_found` when there is no such device; `in_use` when somebody has it
 */
export async function hardwareConformance<Config>(
  subject: HardwareSubject<Config>,
): Promise<ConformanceReport> {
  const driver = subject.driver as unknown as Driver<never>;
  const devices = await discoverAll(driver, subject);
  const chosen = (ids: readonly number[]): number[] =>
    ids.filter((id) => subject.checks?.includes(id) ?? true);
  const run = (tried: Driver<never>, fixture: ConformanceFixture, checks: readonly number[]) =>
    runConformance(
      { driver: tried, packageJson: subject.packageJson, fixtures: [fixture], checks },
      { level: 'hardware' },
    );
  const looked = await run(driver, lookingFixture(subject, devices), chosen(readOnly));
  const target = subject.device === undefined ? undefined : await requireDevice(driver, subject, devices);
  const touched =
    target === undefined
      ? []
      : (await run(narrow(driver, target), touchingFixture(subject, driver, target), chosen(destructive)))
          .results;
  const results = [...looked.results, ...touched];
  return {
    ...looked,
    devices: (target === undefined ? devices : [target]).map(({ vendor, model, firmware }) => ({
      vendor,
      model,
      firmware,
    })),
    results: [...results, ...untried(subject, results)].sort((a, b) => a.id - b.id),
  };
}

type Subject = Omit<HardwareSubject<never>, 'driver'>;

function callOn(driver: Driver<never>, { packageJson, config }: Subject, machine: Machine) {
  const { permissions } = DriverManifest.parse((packageJson as { cyborgDriver?: unknown }).cyborgDriver);
  const parsed: unknown = driver.config.parse(config);
  return (verb: CalledVerb, request?: unknown): Promise<CallOutcome> =>
    callDriver({
      driver,
      machine,
      permissions,
      config: parsed,
      verb,
      request,
      deadlineAt: Date.now() + 120_000,
    });
}

async function discoverAll(driver: Driver<never>, subject: Subject): Promise<DiscoveredDevice[]> {
  const { machine } = createHardwareMachine({ machine: subject.machine, mayChange: false });
  const outcome = await callOn(driver, subject, machine)('discover');
  if (outcome.kind === 'answered') return DiscoveredDevice.array().parse(outcome.value);
  const why = outcome.kind === 'failed' ? outcome.failure.message : outcome.kind;
  throw new DriverError('unavailable', `discover failed on this machine: ${why}`);
}

/** The device that is meant, if nobody has it. */
async function requireDevice(
  driver: Driver<never>,
  subject: Subject,
  devices: readonly DiscoveredDevice[],
): Promise<DiscoveredDevice> {
  const target = devices.find(
    ({ identity, address }) => identity === subject.device || address === subject.device,
  );
  if (target === undefined) {
    const known = devices
      .map(({ identity, address, model }) => `${identity ?? address} (${model})`)
      .join(', ');
    throw new DriverError('not_found', `there is no device ${subject.device}; there are ${known || 'none'}`);
  }
  const { machine } = createHardwareMachine({ machine: subject.machine, mayChange: false });
  const call = callOn(driver, subject, machine);
  for (const offered of handlesIn([target]))
    for (const road of roads) {
      const status = await call('status', requestFor(offered, road));
      if (status.kind === 'answered' && status.value === 'detached') continue;
      throw new DriverError('in_use', `${offered.handle.id} of ${subject.device} is not free`, {
        hint: 'Detach it first: the kit touches only what nobody has.',
      });
    }
  return target;
}

function lookingFixture(subject: Subject, devices: readonly DiscoveredDevice[]): ConformanceFixture {
  return {
    ...fixtureOf(subject, devices),
    stage: async () => {
      const hardware = createHardwareMachine({ machine: subject.machine, mayChange: false });
      return { machine: hardware.machine, state: async () => new Map(), dispose: async () => {} };
    },
  };
}

/** The machine itself, with one device that may be touched; each trial ends with it detached. */
function touchingFixture(
  subject: Subject,
  driver: Driver<never>,
  target: DiscoveredDevice,
): ConformanceFixture {
  return {
    ...fixtureOf(subject, [target]),
    ...(subject.images === undefined ? {} : { images: subject.images }),
    stage: async () => {
      const hardware = createHardwareMachine({ machine: subject.machine, mayChange: true });
      const call = callOn(driver, subject, hardware.machine);
      await call('discover');
      for (const offered of handlesIn([target])) await call('status', requestFor(offered, 'direct'));
      await hardware.settle();
      return {
        machine: hardware.machine,
        state: () => hardware.state(),
        dispose: () => takeBack(call, target),
      };
    },
  };
}

const fixtureOf = (subject: Subject, devices: readonly DiscoveredDevice[]) => ({
  name: 'this machine',
  config: subject.config,
  devices: devices.map(({ address }) => address),
});

const tries = 3;

/** Detaches all handles of a device by both roads, and looks whether they are. */
async function takeBack(call: ReturnType<typeof callOn>, target: DiscoveredDevice): Promise<void> {
  for (const offered of handlesIn([target]))
    for (const road of roads) {
      const request = requestFor(offered, road);
      let last: CallOutcome | undefined;
      for (let attempt = 1; attempt <= tries; attempt += 1) {
        last = await call('status', request);
        if (last.kind === 'answered' && last.value === 'detached') break;
        await call('detach', request);
      }
      if (last?.kind === 'answered' && last.value === 'detached') continue;
      const told = last?.kind === 'answered' ? String(last.value) : last?.kind;
      throw new Error(
        `${offered.handle.id} could not be given back after a trial: its status is ${told}; detach it by hand`,
      );
    }
}

/** The driver with nothing but one device, and without what lays devices out anew. */
function narrow(driver: Driver<never>, target: DiscoveredDevice): Driver<never> {
  const { install: _install, uninstall: _uninstall, ...rest } = driver;
  return {
    ...rest,
    discover: async (context) =>
      (await driver.discover(context)).filter(({ address }) => address === target.address),
  };
}

function untried(subject: Subject, results: readonly CheckResult[]): CheckResult[] {
  return conformanceChecks
    .filter(({ id }) => (subject.checks?.includes(id) ?? true) && !results.some((result) => result.id === id))
    .map(({ id, name, scope, why }) => ({
      ...{ id, name, why, findings: [] },
      fixture: scope === 'package' ? null : 'this machine',
      outcome: 'not-shown',
      reason: destructive.includes(id)
        ? 'it changes the machine: only with --device and --destructive'
        : 'it needs machines that can be broken at will; level sim shows it',
      evidence: { trials: 0, expectations: 0, failures: 0 },
    }));
}

/** The numbers of the checks that level `hardware` shows, some of them only with `--destructive`. */
export const hardwareChecks: readonly number[] = [...readOnly, ...destructive];
