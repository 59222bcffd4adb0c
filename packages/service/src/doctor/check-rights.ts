import { accessSync, constants, existsSync } from 'node:fs';
import { type Finding, finding } from '@cyborgjs/core';

/** Judges whether this user may do to the machine what an agent does. */
export function checkRights(user: number): Finding[] {
  const name = 'user';
  return [
    user === 0
      ? finding.ok(name, 'root')
      : finding.warning(
          name,
          `${user}, not root: devices can be found, but not installed, attached or given out`,
          'An agent that gives devices out runs as root; its drivers need not (agent.driverUser).',
        ),
    ...vfioRights(),
  ];
}

/** Where VFIO is entered (Documentation/driver-api/vfio.rst). */
const vfio = '/dev/vfio/vfio';

function vfioRights(): Finding[] {
  if (!existsSync(vfio)) return [];
  try {
    accessSync(vfio, constants.R_OK | constants.W_OK);
    return [finding.ok(vfio, 'readable and writable')];
  } catch (error) {
    const help = 'Run as root, or as a member of the group that udev gives it to.';
    return [finding.warning(vfio, (error as Error).message, help)];
  }
}
