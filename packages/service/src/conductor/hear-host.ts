import type { Fact } from '@cyborgjs/core';
import type { StoredHost } from '../store/host.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';

/**
 * Holds the host that a fact came from and takes the fact as a sign of life. The host as it was before; undefined
 * when the fact is of an earlier run of the agent and must be dropped. After its goodbye a run is over: what comes
 * of it then is a repeat and wakes nobody.
 */
export async function hearHost(
  transaction: StoreTransaction,
  fact: Fact,
  { now }: Pick<ConductorContext, 'now'>,
): Promise<StoredHost | undefined> {
  const host = await transaction.hosts.ensure(fact.host);
  if (fact.agentRun < host.agentRun) return undefined;
  const isOver = host.state === 'stopped' && fact.agentRun === host.agentRun;
  const state = isOver ? 'stopped' : 'up';
  await transaction.hosts.update(host.name, { agentRun: fact.agentRun, state, lastSeenAt: now() });
  if (host.state !== state)
    transaction.events.add({
      type: 'host.up',
      subject: host.name,
      host: host.name,
      data: { from: host.state },
    });
  return host;
}
