import { DriverError } from '../../driver-error.ts';
import type { SimulatedCard } from '../card.ts';
import type { Kernel } from './kernel.ts';

/** The card with a function at an address; a plugged one before others. */
export function requireCard({ state }: Kernel, address: string): SimulatedCard {
  const cards = state.cards.filter(({ functions }) => functions.some((one) => one.address === address));
  const card = cards.find(({ plugged }) => plugged) ?? cards[0];
  if (card === undefined)
    throw new DriverError('not_found', `the simulated machine has no card at ${address}`);
  return card;
}

/** Replaces what is known of a card; undefined forgets it. */
export function updateCard(kernel: Kernel, card: SimulatedCard, next: SimulatedCard | undefined): void {
  kernel.update({
    cards: kernel.state.cards.flatMap((other) => (other === card ? (next ?? []) : other)),
  });
}
