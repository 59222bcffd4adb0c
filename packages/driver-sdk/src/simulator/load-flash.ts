import { addFunction } from './kernel/add-function.ts';
import { removeFunction } from './kernel/detach-driver.ts';
import { requireCard, updateCard } from './kernel/find-card.ts';
import { findFunction } from './kernel/find-function.ts';
import type { Kernel } from './kernel/kernel.ts';
import { addDriversOf } from './plug-card.ts';

/** A card loads what its flash holds: it leaves the bus, and comes back as that makes it. */
export function loadFlash(kernel: Kernel, address: string): void {
  const card = requireCard(kernel, address);
  for (const one of card.functions.toReversed()) {
    const present = findFunction(kernel, one.address);
    if (present !== undefined) removeFunction(kernel, present);
  }
  takeFlash(kernel, address);
  for (const spec of requireCard(kernel, address).functions) addFunction(kernel, { spec, probe: true });
}

/** A card that is off the bus takes what its flash holds, where it does not run that already. */
export function takeFlash(kernel: Kernel, address: string): void {
  const card = requireCard(kernel, address);
  if (card.flash === null) return;
  updateCard(kernel, card, { ...card, functions: card.flash, flash: null });
  addDriversOf(kernel, card.flash);
}

/** Writes what a card will be once it loads its flash. */
export function writeFlash(
  kernel: Kernel,
  address: string,
  functions: ReturnType<typeof requireCard>['functions'],
): void {
  const card = requireCard(kernel, address);
  updateCard(kernel, card, { ...card, flash: functions });
}
