import type { FactOf } from '@cyborgjs/core';
import type { HostLedgerEntry } from '../store/host-ledger.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { hearHost } from './hear-host.ts';

/** Notes what a host says that it holds. What follows from that is for the reconciliation. An older word is dropped. */
export async function applyAttachments(
  transaction: StoreTransaction,
  fact: FactOf<'attachments'>,
  context: ConductorContext,
): Promise<void> {
  if ((await hearHost(transaction, fact, context)) === undefined) return;
  const { host, agentRun, at: observedAt } = fact;
  const before = await transaction.hostLedgers.find(host);
  if (before?.agentRun === agentRun && before.observedAt > observedAt) return;
  const known = new Map((before?.entries ?? []).map((entry) => [keyOf(entry), entry]));
  const toldAt = context.now();
  const entries = entriesOf(fact).map((entry) => ({
    ...entry,
    since: sinceOf(entry, known.get(keyOf(entry))) ?? toldAt,
  }));
  await transaction.hostLedgers.put({ host, agentRun, observedAt, toldAt, entries });
}

type Told = Omit<HostLedgerEntry, 'since'>;

/** The last word on a handle counts, should there be two. */
function entriesOf({ attachments, unreadable }: FactOf<'attachments'>): Told[] {
  const told: Told[] = [
    ...unreadable.map((entry) => ({ ...entry, held: null })),
    ...attachments.map((held) => ({ driver: held.driver, handle: held.handle.id, held })),
  ];
  return [...new Map(told.map((entry) => [keyOf(entry), entry])).values()];
}

/** Since when the same consumer holds it; undefined when another did, or nobody. */
function sinceOf({ held }: Told, before: HostLedgerEntry | undefined): number | undefined {
  if (before === undefined) return undefined;
  const [now, then] = [held?.consumer, before.held?.consumer];
  return now?.id === then?.id && now?.type === then?.type ? before.since : undefined;
}

const keyOf = ({ driver, handle }: Pick<HostLedgerEntry, 'driver' | 'handle'>): string =>
  `${driver}/${handle}`;
