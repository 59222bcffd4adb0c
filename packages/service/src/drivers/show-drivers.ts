import { isDriverError } from '@cyborgjs/driver-sdk';
import { complaintsAbout, resolveAllowed } from './check-installation.ts';
import { askAgent, type ControlAnswer } from './control.ts';
import { type DriverDesk, type DriverOutcome, printable, requireAllowed, stateText } from './driver-desk.ts';
import { type AllowedDriver, readDriverList } from './driver-list.ts';

/** Lists the drivers that were added, and how they do on the hosts of the agent when one runs. */
export async function listDrivers(
  desk: DriverDesk,
  { json = false }: { readonly json?: boolean },
): Promise<DriverOutcome> {
  const drivers = readDriverList(desk.directory);
  const answer = await askAgent(desk.stateDir, { ask: 'status' });
  if (json) {
    const listed = drivers.map(({ config: _config, ...driver }) => ({
      ...driver,
      hosts: hostsOf(answer, driver.id),
    }));
    desk.print(
      JSON.stringify({ agent: answer === undefined ? 'not running' : 'running', drivers: listed }, null, 2),
    );
    return 'done';
  }
  if (drivers.length === 0)
    desk.print('No driver was added. cyborgd driver add <name, tarball or folder> adds one.');
  for (const driver of drivers) desk.print(lineOf(desk, driver, answer));
  return 'done';
}

function hostsOf(answer: ControlAnswer | undefined, id: string) {
  return (answer?.hosts ?? []).flatMap(({ host, drivers }) =>
    drivers.filter((driver) => driver.id === id).map((driver) => ({ host, ...driver })),
  );
}

function lineOf(
  { configured }: DriverDesk,
  driver: AllowedDriver,
  answer: ControlAnswer | undefined,
): string {
  const head = `${driver.id}  ${driver.package} ${driver.version}  ${driver.enabled ? 'enabled' : 'disabled'}`;
  const rival = configured.get(driver.id);
  if (rival !== undefined) return `${head}\n  left alone: agent.drivers runs ${rival}`;
  if (answer === undefined) return `${head}\n  no agent runs`;
  const states = hostsOf(answer, driver.id).map((one) => `  ${one.host}: ${stateText(one)}`);
  return [head, ...states].join('\n');
}

/** Checks every file of one driver or of all, and says of each what is not as it was admitted. */
export async function verifyDrivers(desk: DriverDesk, id?: string): Promise<DriverOutcome> {
  const drivers = id === undefined ? readDriverList(desk.directory) : [requireAllowed(desk, id)];
  let outcome: DriverOutcome = 'done';
  for (const driver of drivers) {
    const complaints = await allComplaints(desk.directory, driver);
    if (complaints.length > 0) outcome = 'in trouble';
    const verdict = complaints.length === 0 ? 'as it was admitted' : 'NOT as it was admitted';
    desk.print(`${driver.id}  ${driver.package} ${driver.version}: ${verdict}`);
    for (const complaint of complaints) desk.print(`  ${printable(complaint)}`);
  }
  if (drivers.length === 0) desk.print('No driver was added.');
  return outcome;
}

async function allComplaints(directory: string, driver: AllowedDriver): Promise<string[]> {
  const complaints = await complaintsAbout(directory, driver);
  if (complaints.length > 0) return complaints;
  try {
    resolveAllowed(directory, driver);
    return [];
  } catch (error) {
    if (!isDriverError(error)) throw error;
    return [`${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`];
  }
}
