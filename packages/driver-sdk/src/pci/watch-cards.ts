import { type PciAddress, parsePciAddress } from '@cyborgjs/core';
import type { Machine } from '../machine.ts';
import type { WatchHint } from '../watch-hint.ts';
import { cardHealth } from './describe-pci-card.ts';
import { compilePciMatch, type PciMatch } from './pci-match.ts';
import { orAbsent } from './read-attribute.ts';
import { readPciIds } from './read-pci-function.ts';
import { functionPath } from './sysfs-paths.ts';

type HealthHint = Extract<WatchHint, { readonly type: 'health' }>;

/** Knows how the cards of a driver answered when they were last looked at. */
interface CardWatch {
  /** Which functions there are now; how one feels that was not there is no news. */
  choose(names: readonly string[]): Promise<void>;
  /** A hint for each card that answers otherwise than when it was last looked at. */
  look(): Promise<readonly HealthHint[]>;
}

/** Watches the physical functions that match, and those of which a virtual one does. */
export function createCardWatch(sys: Machine, match: PciMatch | readonly PciMatch[]): CardWatch {
  const fits = compilePciMatch(match);
  const watchesAny = [match].flat().length > 0;
  const known = new Map<PciAddress, HealthHint>();

  async function cardAt(name: string): Promise<PciAddress | undefined> {
    const address = parsePciAddress(name);
    const ids = address === undefined ? undefined : await readPciIds(sys, address);
    if (address === undefined || ids === undefined || !fits(ids)) return undefined;
    const physical = await orAbsent(() => sys.link(`${functionPath(address)}/physfn`));
    return physical === undefined ? address : parsePciAddress(physical);
  }

  return {
    async choose(names) {
      const cards = new Set<PciAddress>();
      for (const name of watchesAny ? names : []) {
        const card = await cardAt(name);
        if (card !== undefined) cards.add(card);
      }
      for (const address of known.keys()) if (!cards.has(address)) known.delete(address);
      for (const address of cards)
        if (!known.has(address)) known.set(address, await feel(sys, address, undefined));
    },
    async look() {
      const told: HealthHint[] = [];
      for (const [address, before] of known) {
        const now = await feel(sys, address, before);
        known.set(address, now);
        if (now.health.state !== before.health.state) told.push(now);
      }
      return told;
    },
  };
}

/** How a card answers on the bus now. Reading from one that sleeps would wake it: it feels as it did. */
async function feel(sys: Machine, address: PciAddress, before: HealthHint | undefined): Promise<HealthHint> {
  const directory = functionPath(address);
  const power = before && (await sys.read(`${directory}/power/runtime_status`).catch(() => undefined));
  if (before !== undefined && power?.trim() === 'suspended') return before;
  const config = await orAbsent(() => sys.readBytes(`${directory}/config`, { offset: 0, length: 64 }));
  return { type: 'health', device: address, health: cardHealth(config) };
}
