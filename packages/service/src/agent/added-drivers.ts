import { CyborgError, type DriverStatus } from '@cyborgjs/core';
import type { Logger } from 'pino';
import { type AllowedDriver, readDriverList } from '../drivers/driver-list.ts';
import { AddedDriver } from './added-driver.ts';
import type { Agent } from './agent.ts';
import type { AgentDriver } from './agent-driver.ts';
import type { RunnableDriver } from './open-drivers.ts';

interface AddedDriversInit {
  /** The driver directory. */
  readonly directory: string;
  /** Ids of the drivers that the configuration names: those in the directory with the same id are left alone. */
  readonly configured: ReadonlySet<string>;
  readonly open: (driver: RunnableDriver, admit: () => Promise<void>) => AgentDriver;
  readonly onStatus: (status: DriverStatus) => void;
  /** Who holds something that a driver of this host has attached, for people; none when nobody does. */
  readonly holders: (driver: string) => Promise<readonly string[]>;
  readonly log: Logger;
}

/** The drivers of one host that come from the driver directory: which there are, and how they come and go. */
export interface AddedDrivers {
  /** The drivers of the list, not started; to be called once, before the agent is made. */
  first(): AgentDriver[];
  /** Makes the running agent have the drivers that the list has now. Others run on untouched. */
  apply(agent: Agent): Promise<void>;
  /**
   * Takes a driver out of the running agent. Throws `driver.in_use` while something is attached by it, unless
   * `force`.
   */
  release(agent: Agent, id: string, force: boolean): Promise<void>;
}

/** Nothing is read before `first`. */
export function createAddedDrivers(init: AddedDriversInit): AddedDrivers {
  const { directory, configured, open, onStatus, holders, log } = init;
  const applied = new Map<string, string>();
  let turn: Promise<unknown> = Promise.resolve();

  const listed = (): AllowedDriver[] => readDriverList(directory).filter(({ id }) => !configured.has(id));

  function make(allowed: AllowedDriver): AgentDriver {
    applied.set(allowed.id, JSON.stringify(allowed));
    return new AddedDriver(allowed, {
      directory,
      open: (found, admit) => open({ package: found, config: allowed.config }, admit),
      onStatus,
    });
  }

  async function drop(agent: Agent, id: string): Promise<void> {
    applied.delete(id);
    log.info({ driver: id }, 'driver removed');
    await agent.dropDriver(id);
  }

  async function applyNow(agent: Agent): Promise<void> {
    const now = listed();
    const ids = new Set(now.map(({ id }) => id));
    for (const id of [...applied.keys()].filter((known) => !ids.has(known))) await drop(agent, id);
    const changed = now.filter((allowed) => applied.get(allowed.id) !== JSON.stringify(allowed));
    await Promise.all(
      changed.map(async (allowed) => {
        const { id, version } = allowed;
        log.info({ driver: id, version }, applied.has(id) ? 'driver changed' : 'driver added');
        await agent.putDriver(make(allowed));
      }),
    );
  }

  async function releaseNow(agent: Agent, id: string, force: boolean): Promise<void> {
    if (!applied.has(id)) return;
    const held = force ? [] : await holders(id);
    if (held.length > 0) throw inUse(id, agent.host, held);
    await drop(agent, id);
  }

  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  }

  return {
    first: () => listed().map(make),
    apply: (agent) => inTurn(() => applyNow(agent)),
    release: (agent, id, force) => inTurn(() => releaseNow(agent, id, force)),
  };
}

/** Why a driver is not taken away: what it has attached could be detached by nobody then. */
export function inUse(id: string, host: string, held: readonly string[]): CyborgError {
  return new CyborgError(
    'driver.in_use',
    `driver ${id} on ${host} has attached ${held.join(', ')}: detach that first, or use --force, ` +
      'which leaves it attached and remembered',
    { details: { held: [...held] } },
  );
}
