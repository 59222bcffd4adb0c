import { CyborgError } from '@cyborgjs/core';
import type { StoredDevice } from '../store/device.ts';
import { isHeld } from './diff-deployables.ts';

/** Throws `device.in_use` when consumers hold parts of a device, which cannot be `done` then. */
export function refuseHeld(device: StoredDevice, done: 'uninstalled' | 'programmed'): void {
  const held = device.deployables.filter(isHeld).map(({ name }) => name);
  if (held.length === 0) return;
  throw new CyborgError(
    'device.in_use',
    `device ${device.id} cannot be ${done}: consumers hold ${held.join(', ')}; detach them first`,
    { details: { device: device.id, held } },
  );
}
