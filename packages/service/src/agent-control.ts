import { CyborgError } from '@cyborgjs/core';
import type { AddedDrivers } from './agent/added-drivers.ts';
import type { Agent } from './agent/agent.ts';
import type { ControlAnswer, ControlRequest } from './drivers/control.ts';

/** An agent of this process, and its drivers from the driver directory; null where it has its own list. */
export interface ControlledAgent {
  readonly agent: Agent;
  readonly added: AddedDrivers | null;
}

/**
 * Carries out what `cyborgd driver …` asks of the agents of this process.
 *
 * @param started resolves when they have started: their drivers are not changed before
 */
export function createAgentControl(
  agents: readonly ControlledAgent[],
  started: Promise<void>,
): (asked: ControlRequest) => Promise<ControlAnswer> {
  const withAdded = agents.flatMap(({ agent, added }) => (added === null ? [] : [{ agent, added }]));

  async function carryOut(asked: ControlRequest): Promise<unknown> {
    if (asked.ask === 'status') return;
    await started;
    switch (asked.ask) {
      case 'apply':
        return Promise.all(withAdded.map(({ agent, added }) => added.apply(agent)));
      case 'release':
        for (const { agent, added } of withAdded) await added.release(agent, asked.driver, asked.force);
        return;
      case 'retry':
        return retry(asked.driver);
    }
  }

  async function retry(driver: string): Promise<void> {
    const having = agents.filter(({ agent }) => agent.statuses().some(({ id }) => id === driver));
    if (having.length === 0) throw new CyborgError('driver.not_found', `no driver "${driver}" runs here`);
    await Promise.all(having.map(({ agent }) => agent.retryDriver(driver)));
  }

  return async (asked) => {
    await carryOut(asked);
    return { hosts: agents.map(({ agent }) => ({ host: agent.host, drivers: agent.statuses() })) };
  };
}
