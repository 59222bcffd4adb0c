import { type DriverDesk, type DriverOutcome, requireAllowed, settle } from './driver-desk.ts';
import { editDriverList } from './driver-list.ts';

/** Has a driver run, or not run. What a disabled one found and attached stays as it is. */
export async function setDriverEnabled(
  desk: DriverDesk,
  id: string,
  enabled: boolean,
): Promise<DriverOutcome> {
  requireAllowed(desk, id);
  await editDriverList(desk.directory, (drivers) => drivers.setEnabled(id, enabled));
  desk.print(`${id} is ${enabled ? 'enabled' : 'disabled'}.`);
  return settle(desk, { ask: 'apply' }, id);
}

/** Has a driver looked at and started at once that was refused, is in quarantine or waits. */
export function retryDriver(desk: DriverDesk, id: string): Promise<DriverOutcome> {
  if (!desk.configured.has(id)) requireAllowed(desk, id);
  return settle(desk, { ask: 'retry', driver: id }, id);
}
