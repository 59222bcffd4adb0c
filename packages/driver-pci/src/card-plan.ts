import type { PciAddress } from '@cyborgjs/core';
import type { PciFunction } from '@cyborgjs/driver-sdk';
import type { PciRule } from './config.ts';

/** A card and those of its functions that are given out. */
export interface CardPlan {
  /** Its physical function. */
  readonly physical: PciFunction;
  readonly rule: PciRule;
  /** The physical function itself, or virtual functions of it; never both. */
  readonly offered: readonly PciAddress[];
}

interface PlannedCard {
  readonly physical: PciFunction;
  /** The entry that the physical function fits; undefined when it fits none. */
  readonly rule: PciRule | undefined;
  /** Virtual functions of it that fit an entry of their own, in their order, and that entry. */
  readonly fitting: readonly { readonly address: PciAddress; readonly rule: PciRule }[];
}

/**
 * What is given out of a card; undefined when nothing is. A physical function that has virtual ones is not offered
 * itself: it could not be bound to VFIO. Of its virtual functions those are that fit an entry themselves, and
 * where none does, all of them, as the physical function's. A card is one pool: the entry of the first counts.
 */
export function planCard({ physical, rule, fitting }: PlannedCard): CardPlan | undefined {
  if (isBridge(physical)) return undefined;
  const [first] = fitting;
  if (first !== undefined)
    return { physical, rule: first.rule, offered: fitting.map(({ address }) => address) };
  if (rule === undefined) return undefined;
  if (physical.virtfns.length > 0) return { physical, rule, offered: physical.virtfns };
  // It has virtual functions and they cannot be read now: it is not free itself.
  if ((physical.sriov?.numVfs ?? 0) > 0) return undefined;
  return { physical, rule, offered: [physical.address] };
}

/** Bridges, class `06`, are part of the host. */
const isBridge = (fn: PciFunction): boolean => fn.class.startsWith('06');
