import { DriverError } from '../driver-error.ts';
import { errnoOf } from '../machine/driver-error-from-errno.ts';
import type { Machine } from '../machine.ts';
import type { MdevOptions } from './create-mdev.ts';
import { mdevDevices, readMdev } from './mediated-device.ts';

/**
 * Removes a mediated device; one that is not there is done without a write. The write does not return while somebody
 * holds it.
 *
 * @throws `hardware` when it is still there afterwards
 */
export async function removeMdev(
  sys: Machine,
  uuid: string,
  { dryRun = false }: MdevOptions = {},
): Promise<void> {
  if (!(await isThere(sys, uuid))) return;
  try {
    await sys.write(`${mdevDevices}/${uuid}/remove`, '1');
  } catch (error) {
    // Somebody else is removing it, or has, or its parent went.
    const isGoing = ['ENODEV', 'ENOENT', 'EAGAIN'].includes(errnoOf(error) ?? '');
    if (!isGoing || (await isThere(sys, uuid))) throw error;
  }
  if (dryRun || !(await isThere(sys, uuid))) return;
  const parent = (await readMdev(sys, uuid))?.parent;
  throw new DriverError(
    'hardware',
    `mediated device ${uuid} of ${parent ?? 'a parent unknown'} is still there`,
    {
      device: parent ?? uuid,
      hint: 'The kernel log says who keeps it.',
    },
  );
}

/** One read that fails must not pass for a device that is gone: it is looked for in the list of all, too. */
async function isThere(sys: Machine, uuid: string): Promise<boolean> {
  if ((await readMdev(sys, uuid)) !== undefined) return true;
  return ((await sys.list(mdevDevices)) ?? []).includes(uuid);
}
