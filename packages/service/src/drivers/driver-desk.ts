import { CyborgError, type DriverStatus } from '@cyborgjs/core';
import { askAgent, type ControlAnswer, type ControlRequest } from './control.ts';
import { type AllowedDriver, readDriverList } from './driver-list.ts';
import type { Npm } from './npm.ts';

/** What the commands `cyborgd driver …` work with. */
export interface DriverDesk {
  /** The driver directory. */
  readonly directory: string;
  /** Where the agent's socket is. */
  readonly stateDir: string;
  /** Packages of the drivers that the configuration names, by driver id. */
  readonly configured: ReadonlyMap<string, string>;
  /** Who holds something that a driver has attached, as the ledgers on disk say: asked when no agent runs. */
  readonly holders: (driver: string) => Promise<readonly string[]>;
  readonly npm: Npm;
  readonly now: () => number;
  /** Who gives the command. */
  readonly user: string;
  /** Writes a line of the answer. */
  print(line: string): void;
  /** Asks for a yes; undefined where there is nobody to ask. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined;
}

/** How a command ended: whether the drivers concerned are as they should be. */
export type DriverOutcome = 'done' | 'in trouble';

/** The entry of a driver; throws `driver.not_found`. */
export function requireAllowed({ directory, configured }: DriverDesk, id: string): AllowedDriver {
  const drivers = readDriverList(directory);
  const found = drivers.find((driver) => driver.id === id);
  if (found !== undefined) return found;
  const named = configured.get(id);
  if (named !== undefined)
    throw new CyborgError(
      'driver.not_found',
      `driver ${id} (${named}) comes from agent.drivers: change it there`,
    );
  const known = drivers.map((driver) => driver.id).join(', ') || 'none';
  throw new CyborgError('driver.not_found', `no driver "${id}" was added; there are: ${known}`);
}

/** Asks the agent, when one runs, and says how the driver does then. */
export async function settle(desk: DriverDesk, asked: ControlRequest, id: string): Promise<DriverOutcome> {
  const answer = await askAgent(desk.stateDir, asked);
  if (answer === undefined) {
    desk.print('No agent runs in this state directory; this counts from its next start on.');
    return 'done';
  }
  return tellStates(desk, answer, id);
}

function tellStates(desk: DriverDesk, { hosts }: ControlAnswer, id: string): DriverOutcome {
  const found = hosts.flatMap(({ host, drivers }) =>
    drivers.filter((driver) => driver.id === id).map((driver) => ({ host, driver })),
  );
  for (const { host, driver } of found) desk.print(`${id} on ${host}: ${stateText(driver)}`);
  return found.some(({ driver }) => isInTrouble(driver)) ? 'in trouble' : 'done';
}

/** The state of a driver, and why, in a line. */
export function stateText({ state, failure }: DriverStatus): string {
  if (failure === null) return state;
  return `${state}: ${printable(failure.message)}${failure.hint === undefined ? '' : ` ${printable(failure.hint)}`}`;
}

const wellStates: readonly DriverStatus['state'][] = ['running', 'starting', 'disabled'];

export const isInTrouble = ({ state, failure }: DriverStatus): boolean =>
  !wellStates.includes(state) || (state === 'running' && failure !== null);

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlCharacters = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** What a package says, without the control characters that could deface a terminal. */
export const printable = (text: string): string => text.replace(controlCharacters, '�');
