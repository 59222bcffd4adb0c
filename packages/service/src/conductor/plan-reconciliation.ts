import type { Consumer } from '@cyborgjs/core';
import type { HolderOnHost } from '../store/deployable.ts';
import type { HostLedger, HostLedgerEntry } from '../store/host-ledger.ts';

/** Somebody who holds a handle, as it is stored. */
export interface KnownHolder {
  readonly handle: HolderOnHost;
  readonly consumer: Pick<Consumer, 'type' | 'id'>;
  /** Whether the host should have it attached; else it should have nothing of it. */
  readonly attached: boolean;
  /** Since when that is so; milliseconds since the epoch. */
  readonly since: number;
}

/** What is stored of a host beside what it says. */
export interface ReconciliationState {
  readonly ledger: HostLedger;
  readonly holders: readonly KnownHolder[];
  /** Whether something is being done to a handle, or was tried in vain a moment ago. */
  readonly isBusy: (driver: string, handle: string) => boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How long a difference must have lasted: what is on its way settles by itself. */
  readonly graceMs: number;
}

/** What is to be done about a difference. */
export type Reconciliation =
  /** The host holds what nobody has. */
  | { readonly kind: 'detach'; readonly entry: HostLedgerEntry }
  /** The host does not hold what somebody has. */
  | { readonly kind: 'attach'; readonly holder: KnownHolder }
  /** Somebody holds what he is to have nothing of any more. */
  | { readonly kind: 'give-up'; readonly holder: KnownHolder };

/** Compares what is stored with what a host says that it holds. Pure; at most one thing for each handle. */
export function planReconciliation(state: ReconciliationState): Reconciliation[] {
  const { ledger, holders } = state;
  const holderOf = new Map(holders.map((holder) => [keyOf(holder.handle.driver, holder.handle.id), holder]));
  const toldOf = new Map(ledger.entries.map((entry) => [keyOf(entry.driver, entry.handle), entry]));
  const keys = [...new Set([...holderOf.keys(), ...toldOf.keys()])];
  return keys.flatMap((key) => {
    const [holder, entry] = [holderOf.get(key), toldOf.get(key)];
    const { driver, id } = holder?.handle ?? { driver: entry?.driver ?? '', id: entry?.handle ?? '' };
    if (state.isBusy(driver, id)) return [];
    if (entry !== undefined && isStray(entry, holder))
      return longEnough(entry, state, { kind: 'detach', entry });
    if (holder === undefined) return [];
    if (!holder.attached) return longEnough(holder, state, { kind: 'give-up', holder });
    if (!isMissing(entry) || !isTold(holder, state)) return [];
    return longEnough(holder, state, { kind: 'attach', holder });
  });
}

/** Held by somebody else than we know. Of a record that cannot be read, only that nobody should hold it is known. */
function isStray({ held }: HostLedgerEntry, holder: KnownHolder | undefined): boolean {
  if (holder === undefined) return true;
  if (held === null) return false;
  return held.consumer.type !== holder.consumer.type || held.consumer.id !== holder.consumer.id;
}

/** Not there, half taken down, or lost by the machine, as after a reboot. What cannot be seen is let alone. */
function isMissing(entry: HostLedgerEntry | undefined): boolean {
  if (entry === undefined) return true;
  return entry.held !== null && (entry.held.state === 'detaching' || entry.held.seen === 'detached');
}

/** Whether the host has said something since it can have had it. */
const isTold = ({ since }: KnownHolder, { ledger, graceMs }: ReconciliationState): boolean =>
  ledger.toldAt - since >= graceMs;

function longEnough(
  { since }: { readonly since: number },
  { now, graceMs }: ReconciliationState,
  found: Reconciliation,
): Reconciliation[] {
  return now - since >= graceMs ? [found] : [];
}

const keyOf = (driver: string, handle: string): string => `${driver}/${handle}`;
