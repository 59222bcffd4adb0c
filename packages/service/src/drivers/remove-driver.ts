import { CyborgError } from '@cyborgjs/core';
import { askAgent } from './control.ts';
import { type DriverDesk, type DriverOutcome, requireAllowed } from './driver-desk.ts';
import { sweepDirectory } from './driver-directory.ts';
import { editDriverList } from './driver-list.ts';

/**
 * Takes a driver away; its devices are gone for the service from then on. Throws `driver.in_use` while something is
 * attached by it, unless forced: then that stays attached, and the ledger remembers it.
 */
export async function removeDriver(
  desk: DriverDesk,
  id: string,
  { force = false }: { readonly force?: boolean },
): Promise<DriverOutcome> {
  const { directory, stateDir } = desk;
  const { package: name, version } = requireAllowed(desk, id);
  const answer = await askAgent(stateDir, { ask: 'release', driver: id, force });
  if (answer === undefined && !force) refuseHeld(id, await desk.holders(id));
  await editDriverList(directory, (drivers) => drivers.delete(id));
  await askAgent(stateDir, { ask: 'apply' });
  await sweepDirectory(directory);
  desk.print(`${id} (${name} ${version}) is removed.`);
  return 'done';
}

function refuseHeld(id: string, held: readonly string[]): void {
  if (held.length === 0) return;
  throw new CyborgError(
    'driver.in_use',
    `driver ${id} has attached ${held.join(', ')}: start cyborgd and detach that first, or use --force, ` +
      'which leaves it attached and remembered',
  );
}
