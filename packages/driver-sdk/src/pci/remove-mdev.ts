import { DriverError } from '../driver-error.ts';
import { errnoOf } from '../machine/driver-error-from-errno.ts';
import type { Machine } from '../machine.ts';
import { mdevDevices, readMdev } from './mediated-device.ts';

/**
 * Removes a mediated device; one that is not there is done without a write. The write does not return while somebody
 * holds it.
 *
 * @throws `hardware` when it is still there afterwards
 */
export async function removeMdev(sys: Machine, uuid: string): Promise<void> {
  if ((await readMdev(sys, uuid)) === undefined) return;
  try {
    await sys.write(`${mdevDevices}/${uuid}/remove`, '1');
  } catch (error) {
    // Somebody else is removing it, or has, or its parent went.
    const isGoing = ['ENODEV', 'ENOENT', 'EAGAIN'].includes(errnoOf(error) ?? '');
    if (!isGoing || (await readMdev(sys, uuid)) !== undefined) throw error;
  }
  const left = await readMdev(sys, uuid);
  if (left === undefined) return;
  throw new DriverError('hardware', `mediated device ${uuid} of ${left.parent} is still there`, {
    device: left.parent,
    hint: 'The kernel log says who keeps it.',
  });
}
