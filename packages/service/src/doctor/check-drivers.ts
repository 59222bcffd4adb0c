import { type DriverStatus, type Finding, finding } from '@cyborgjs/core';
import { askAgent } from '../drivers/control.ts';

/** Asks the agent that runs in a state directory how its drivers do. */
export async function checkDrivers(stateDir: string): Promise<Finding[]> {
  try {
    const answer = await askAgent(stateDir, { ask: 'status' }, 10_000);
    if (answer !== undefined)
      return answer.hosts.flatMap(({ host, drivers }) => drivers.map((driver) => judge(host, driver)));
    const help = 'Start it: cyborgd all, or cyborgd agent. Drivers are looked at when it runs.';
    return [finding.warning('agent', `none runs in ${stateDir}`, help)];
  } catch (error) {
    const help = 'Run this as the user of cyborgd; the log of the agent may say more.';
    return [finding.failed('agent', (error as Error).message, help)];
  }
}

function judge(host: string, { id, state, version, failure, restarts }: DriverStatus): Finding {
  const name = `driver ${id} on ${host}`;
  const again = restarts === 0 ? '' : `, started anew ${restarts} times`;
  if (state === 'running' && failure === null) return finding.ok(name, `${version}, running${again}`);
  if (state === 'disabled') return finding.skipped(name, 'disabled by the operator');
  const found = `${state}${again}${failure === null ? '' : `: ${failure.message}`}`;
  const help = failure?.hint ?? helpFor(id, state);
  return state === 'running' || state === 'starting'
    ? finding.warning(name, found, help)
    : finding.failed(name, found, help);
}

function helpFor(id: string, state: DriverStatus['state']): string {
  if (state === 'refused') return `See what is not as it was admitted: cyborgd driver verify ${id}`;
  if (state === 'incompatible') return 'Install a version of it that is made for this cyborgd.';
  return `The log of the agent says why. To start it now: cyborgd driver retry ${id}`;
}
