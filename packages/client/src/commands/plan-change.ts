import { type Device, type DeviceEvent, deviceLifeCycle, transition } from '@cyborgjs/core';
import type { PlannedChange } from '../render/selection-view.ts';

/** What an operator can have done to devices. */
export type DeviceVerb = 'ready' | 'enable' | 'disable' | 'uninstall';

const events: Readonly<Record<DeviceVerb, DeviceEvent>> = {
  ready: 'install',
  enable: 'enable',
  disable: 'disable',
  uninstall: 'uninstall',
};

/** What is to be done to devices, as far as can be told from what is known of them; the service has the last word. */
export function planChange(verb: DeviceVerb, devices: readonly Device[]): readonly PlannedChange[] {
  return devices.map((device) => ({ device, leftBecause: obstacle(verb, device) }));
}

function obstacle(verb: DeviceVerb, { state, deployables }: Device): string | null {
  if (transition(deviceLifeCycle, state, events[verb]) === undefined) return `it is ${state}`;
  const isHeld = deployables.some(({ handles }) => handles.some(({ inUse }) => inUse));
  return verb === 'uninstall' && isHeld ? 'it is in use' : null;
}
