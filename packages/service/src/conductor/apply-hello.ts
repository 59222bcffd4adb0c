import type { FactOf } from '@cyborgjs/core';
import type { StoreTransaction } from '../store/store.ts';
import { admitDevices, sendAdmission } from './admit-devices.ts';
import type { ConductorContext } from './conductor.ts';
import { dropDrivers } from './drop-drivers.ts';
import { hearHost } from './hear-host.ts';
import { resendOperation } from './send-operation.ts';

/**
 * An agent has started or is back: notes what it is, and sends again which devices are open and everything that it
 * has not ended.
 */
export async function applyHello(
  transaction: StoreTransaction,
  fact: FactOf<'hello'>,
  context: ConductorContext,
): Promise<void> {
  const before = await hearHost(transaction, fact, context);
  if (before === undefined) return;
  const { host, simulated, agentVersion, bootId, drivers } = fact;
  await transaction.hosts.update(host, { simulated, agentVersion, bootId });
  await transaction.hosts.putDrivers(host, drivers);
  await dropDrivers(transaction, { host: before, drivers }, context);

  if (fact.agentRun > before.agentRun) await admitDevices(transaction, host, context);
  else await sendAdmission(transaction, host);
  const { items: open } = await transaction.operations.list({ host, open: true });
  for (const operation of open.toReversed()) await resendOperation(transaction, operation, context);
}
