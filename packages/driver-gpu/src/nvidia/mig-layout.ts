import type { PciAddress } from '@cyborgjs/core';
import { type DriverContext, DriverError, type PciFunction } from '@cyborgjs/driver-sdk';
import type { GpuLayout } from '../layout.ts';
import { knownMigProfiles } from './mig-boards.ts';
import { type PlannedInstance, planMigLayout } from './mig-plan.ts';
import type { MigInstance, MigProfile } from './mig-profile.ts';
import {
  createMigInstance,
  destroyMigInstance,
  findMigProfiles,
  listMigInstances,
  listMigProfiles,
  resetGpu,
  setMigMode,
} from './mig-tool.ts';
import { smiGpuOf } from './nvidia-health.ts';
import { readNvidiaSmi } from './nvidia-smi.ts';
import { keepPersistence, releasePersistence, requireLetGo } from './persistence.ts';

type LayoutContext = Pick<DriverContext, 'sys' | 'signal' | 'log' | 'dryRun'>;

/** A GPU that is to be cut, and the nodes by which it would be in use. */
export interface MigTarget {
  readonly fn: PciFunction;
  readonly nodes: readonly string[];
  /** Whether MIG is on, as discovery saw it. */
  readonly isOn: boolean;
  /** Throws `in_use` while anything of it is given out. */
  readonly requireNothingGiven: () => Promise<void>;
}

/**
 * Cuts a GPU into the instances of a layout. What is as it should be already stays; what is not is checked against the
 * places that the card has before anything is changed.
 *
 * @throws `invalid` for a layout that the card cannot have; `busy`, naming who uses it
 */
export async function installMigLayout(
  context: LayoutContext,
  target: MigTarget,
  layout: Extract<GpuLayout, { kind: 'mig' }>,
): Promise<void> {
  const { address } = target.fn;
  const { current: isOn } = await readModes(context, address);
  const known = isOn ? await listMigProfiles(context, address) : await foretellProfiles(context, target.fn);
  let plan = known === undefined ? undefined : planMigLayout(layout, known);
  if (!isOn) {
    await switchMig(context, target, true);
    // In a dry run it is still off, and what was foretold has to do.
    if (!context.dryRun) plan = planMigLayout(layout, await listMigProfiles(context, address));
  }
  if (plan !== undefined) await reachPlan(context, target, plan);
}

/** The profiles of a GPU on which MIG is off: R580 tells them also then, older drivers do not. */
async function foretellProfiles(
  context: LayoutContext,
  { address, device }: PciFunction,
): Promise<readonly MigProfile[] | undefined> {
  const told = await findMigProfiles(context, address);
  return told.length > 0 ? told : knownMigProfiles(device);
}

/** Makes a GPU whole: its instances are removed and MIG is turned off. */
export async function uninstallMigLayout(context: LayoutContext, target: MigTarget): Promise<void> {
  const { address } = target.fn;
  const modes = await findModes(context, address);
  if (modes === undefined && target.isOn) {
    throw new DriverError('hardware', `GPU ${address} has MIG on, and nvidia-smi is gone`, {
      device: address,
    });
  }
  if (modes?.current !== true) return;
  await reachPlan(context, target, []);
  await switchMig(context, target, false);
}

async function reachPlan(
  context: LayoutContext,
  { fn: { address }, requireNothingGiven }: MigTarget,
  plan: readonly PlannedInstance[],
): Promise<void> {
  const now = await listMigInstances(context, address);
  // The same instances at other places are as good, and are not touched.
  if (sameProfiles(now, plan)) return;
  await requireNothingGiven();
  const isPlanned = ({ profileId, start }: MigInstance): boolean =>
    plan.some((one) => one.profile.id === profileId && one.start === start);
  for (const { id } of now.filter((instance) => !isPlanned(instance)))
    await destroyMigInstance(context, address, id);
  for (const wanted of plan) {
    const isThere = now.some(
      ({ profileId, start }) => wanted.profile.id === profileId && wanted.start === start,
    );
    if (!isThere) await createMigInstance(context, address, wanted);
  }
  if (context.dryRun) return;
  const after = await listMigInstances(context, address);
  if (sameProfiles(after, plan)) return;
  const found = after.map(({ profile }) => profile).join(',') || 'no instances';
  throw new DriverError('hardware', `GPU ${address} has ${found} after it was cut`, { device: address });
}

function sameProfiles(instances: readonly MigInstance[], plan: readonly PlannedInstance[]): boolean {
  const sorted = (names: readonly string[]): string => names.toSorted().join();
  return sorted(instances.map(({ profile }) => profile)) === sorted(plan.map(({ profile }) => profile.name));
}

interface MigModes {
  readonly current: boolean;
  /** What it will be after the next reset. */
  readonly pending: boolean;
}

/** Whether MIG is on; undefined for a GPU that has none. */
async function findModes(context: LayoutContext, address: PciAddress): Promise<MigModes | undefined> {
  const reading = await readNvidiaSmi(context, { timeoutMs: 60_000, address });
  if (reading.kind === 'absent') return undefined;
  const gpu = smiGpuOf(reading, address);
  if (gpu !== undefined) {
    const { current, pending } = gpu.mig;
    return current === null ? undefined : { current, pending: pending ?? current };
  }
  const why = reading.kind === 'silent' ? reading.reason : 'nvidia-smi does not list it';
  throw new DriverError('hardware', `cannot tell whether MIG is on at GPU ${address}: ${why}`, {
    device: address,
  });
}

async function readModes(context: LayoutContext, address: PciAddress): Promise<MigModes> {
  const modes = await findModes(context, address);
  if (modes !== undefined) return modes;
  throw new DriverError('unsupported', `GPU ${address} has no MIG that nvidia-smi could turn on`, {
    device: address,
    hint: 'GPUs have MIG from A100 and A30 on; nvidia-smi has to be installed.',
  });
}

/** Turns MIG on or off, with the reset that Ampere owes for it. Nobody may have the GPU open. */
async function switchMig(context: LayoutContext, target: MigTarget, on: boolean): Promise<void> {
  const { address } = target.fn;
  await target.requireNothingGiven();
  await releasePersistence(context, address);
  try {
    await requireLetGo(context, address, target.nodes);
    await setMigMode(context, address, on);
    if (context.dryRun) return;
    const modes = await readModes(context, address);
    if (modes.current !== on && modes.pending === on) await resetGpu(context, address);
    if ((await readModes(context, address)).current !== on) {
      throw new DriverError('hardware', `MIG of GPU ${address} did not turn ${on ? 'on' : 'off'}`, {
        device: address,
        hint: 'Something may hold it: stop what monitors GPUs (DCGM, nvsm), then try again.',
      });
    }
  } finally {
    if (!context.signal.aborted) await keepPersistence(context, address);
  }
}
