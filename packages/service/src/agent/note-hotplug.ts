import type { DiscoveredDevice, Trait } from '@cyborgjs/core';

/** Says that a part can be plugged into a consumer that runs; whoever needs that asks for it by this name. */
const hotplugTrait = 'CUSTOM_ACCEL_HOTPLUG' as Trait;

/**
 * Notes which parts of a device can be plugged into a machine that runs: those given out as PCI functions. Mediated
 * devices and container devices go to consumers that start; a driver that knows better says so itself.
 */
export function noteHotplug(device: DiscoveredDevice): DiscoveredDevice {
  const deployables = device.deployables.map((deployable) => {
    const { handles, traits } = deployable;
    const isPci = handles.length > 0 && handles.every(({ type }) => type === 'PCI');
    if (!isPci || traits.includes(hotplugTrait)) return deployable;
    return { ...deployable, traits: [...traits, hotplugTrait] };
  });
  return { ...device, deployables };
}
