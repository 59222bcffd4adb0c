import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';

/**
 * Numbers the set of open devices of a host anew and sends it. To be called in every transaction that changes the
 * set. Numbers follow the clock, so that they rise even over a database that was restored from a backup.
 */
export async function admitDevices(
  transaction: StoreTransaction,
  host: string,
  { now }: Pick<ConductorContext, 'now'>,
): Promise<void> {
  const { admitRevision } = await transaction.hosts.get(host);
  await transaction.hosts.update(host, { admitRevision: Math.max(admitRevision + 1, now()) });
  await sendAdmission(transaction, host);
}

/** Sends the set of open devices of a host under the number it has. */
export async function sendAdmission(transaction: StoreTransaction, host: string): Promise<void> {
  const { admitRevision: revision } = await transaction.hosts.get(host);
  const open = await transaction.devices.open(host);
  const command = { kind: 'admit' as const, revision, open: [...open] };
  await transaction.outbox.add({ destination: host, topic: 'admit', content: command });
}
