import type { DeviceProfileGroup } from '@cyborgjs/core';

/** One accelerator that a device profile asks for. */
export interface RequestedAccelerator {
  /** Index of its group, from 0. */
  readonly groupIndex: number;
  readonly resourceClass: string;
}

/** A function of these Xilinx boards is of no use without the one for their management: two handles each. */
const twoFunctionsTrait = 'trait:CUSTOM_FPGA_XILINX';

/**
 * The accelerators that the groups of a profile ask for, in order: as many per group as all its `resources:` say
 * together, whatever their class, as Cyborg counts them; what is no whole number counts as none.
 */
export function requestedAccelerators(groups: readonly DeviceProfileGroup[]): RequestedAccelerator[] {
  return groups.flatMap((group, groupIndex) =>
    resourcesOf(group).flatMap(({ resourceClass, count }) =>
      Array.from({ length: count }, () => ({ groupIndex, resourceClass })),
    ),
  );
}

/** How many these are. */
export function countAccelerators(groups: readonly DeviceProfileGroup[]): number {
  return groups.flatMap(resourcesOf).reduce((sum, { count }) => sum + count, 0);
}

function resourcesOf(group: DeviceProfileGroup): { resourceClass: string; count: number }[] {
  const resources = Object.entries(group).flatMap(([key, value]) => {
    const resourceClass = /^resources:(.+)$/.exec(key)?.[1];
    return resourceClass === undefined ? [] : [{ resourceClass, count: countOf(value) }];
  });
  const fpga = resources.find(({ resourceClass }) => resourceClass === 'FPGA');
  if (group[twoFunctionsTrait] !== 'required' || fpga === undefined) return resources;
  return [{ ...fpga, count: 2 * fpga.count }];
}

function countOf(value: string | null): number {
  return value !== null && /^\d{1,6}$/.test(value) ? Number(value) : 0;
}
