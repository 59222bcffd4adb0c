import type { DeviceProfileGroup, FlavorFit } from '@cyborgjs/core';
import type { StoredDevice } from '../store/device.ts';
import { countServers, type GroupNeeds, needsOfGroup, type Pool } from './count-servers.ts';
import { isOpen, type Part, partsOf } from './propose-flavors.ts';
import { requestedAccelerators } from './requested-accelerators.ts';

/** What Placement knows: the only one who sees all that is taken. */
export interface PlacementView {
  /** Every provider that could serve the group now, with what it has left; none where Placement knows no such name. */
  poolsFor(needs: GroupNeeds): Promise<readonly Pool[]>;
}

interface FitSources {
  readonly devices: readonly StoredDevice[];
  /** Null where there is no Placement. */
  readonly placement: PlacementView | null;
}

/**
 * Counts the servers that could get what the groups ask for: by Placement's allocation candidates, else by our own
 * inventory, and says which. Only accelerators count, not processors and memory.
 */
export async function fitFlavor(
  groups: readonly DeviceProfileGroup[],
  { devices, placement }: FitSources,
): Promise<FlavorFit> {
  if (placement === null) return fitByInventory(groups, devices, null);
  try {
    return { servers: await fitByPlacement(groups, placement), countedBy: 'placement', note: null };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fitByInventory(groups, devices, `Placement did not say: ${reason}`);
  }
}

async function fitByPlacement(groups: readonly DeviceProfileGroup[], placement: PlacementView) {
  const asked = new Map<string, Promise<readonly Pool[]>>();
  const served = groups.map(async (group) => {
    const needs = needsOfGroup(group);
    const key = JSON.stringify(needs);
    const pools = asked.get(key) ?? placement.poolsFor(needs);
    asked.set(key, pools);
    // Each class of a group is taken from the same provider; whoever has least of it settles how often.
    return { amount: Math.max(0, ...Object.values(needs.resources)), pools: await pools };
  });
  return countServers(await Promise.all(served));
}

function fitByInventory(
  groups: readonly DeviceProfileGroup[],
  devices: readonly StoredDevice[],
  note: string | null,
): FlavorFit {
  const open = partsOf(devices).filter(isOpen);
  const handles = requestedAccelerators(groups);
  const served = groups.map((group, index) => ({
    amount: handles.filter(({ groupIndex }) => groupIndex === index).length,
    pools: open.filter((part) => serves(part, needsOfGroup(group))).map(poolOf),
  }));
  return { servers: countServers(served), countedBy: 'inventory', note };
}

function serves({ deployable }: Part, { resources, required, forbidden }: GroupNeeds): boolean {
  const traits: ReadonlySet<string> = new Set(deployable.traits);
  return (
    Object.keys(resources).join() === deployable.resourceClass &&
    required.every((trait) => traits.has(trait)) &&
    !forbidden.some((trait) => traits.has(trait))
  );
}

const poolOf = ({ device, deployable }: Part): Pool => ({
  host: device.host,
  provider: deployable.id,
  free: deployable.handles.filter(({ present, inUse }) => present && !inUse).length,
});
