import type { FactOf } from '@cyborgjs/core';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { hearHost } from './hear-host.ts';

/** An agent ends in good order: its host is stopped, not silent. Its inventory stays. */
export async function applyGoodbye(
  transaction: StoreTransaction,
  fact: FactOf<'goodbye'>,
  context: ConductorContext,
): Promise<void> {
  const before = await hearHost(transaction, fact, context);
  if (before === undefined || (before.state === 'stopped' && before.agentRun === fact.agentRun)) return;
  await transaction.hosts.update(fact.host, { state: 'stopped' });
  transaction.events.add({ type: 'host.stopped', subject: fact.host, host: fact.host, data: {} });
}
