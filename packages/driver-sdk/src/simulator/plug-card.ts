import { createHash } from 'node:crypto';
import type { CardMaker, CardPlan, SimulatedCard, SimulatedFunction } from './card.ts';
import { addFunction } from './kernel/add-function.ts';
import { attachDriver } from './kernel/attach-driver.ts';
import { rescanBus } from './kernel/bus-rescan.ts';
import { removeFunction } from './kernel/detach-driver.ts';
import { enableVirtualFunctions } from './kernel/enable-virtual-functions.ts';
import { requireCard, updateCard } from './kernel/find-card.ts';
import { findFunction, pciDrivers, virtualFunctions } from './kernel/find-function.ts';
import type { Kernel } from './kernel/kernel.ts';
import { setPersistence } from './kernel/nvidia-persistence.ts';
import { endProcesses } from './kernel/processes.ts';

/** What a card that is being made may ask of the machine that it is made for. */
export function cardMaker(kernel: Kernel): CardMaker {
  return {
    next: (pool) => {
      const { numbers } = kernel.state;
      const number = numbers[pool] ?? 0;
      kernel.update({ numbers: { ...numbers, [pool]: number + 1 } });
      return number;
    },
    madeUp: (digits, ...words) =>
      createHash('sha512')
        .update([kernel.state.seed, ...words].join(' '))
        .digest('hex')
        .slice(0, digits),
  };
}

/** Plugs a card: its driver, its functions, what they are bound to, and their virtual functions. */
export function addCard(kernel: Kernel, card: SimulatedCard): void {
  const { tree } = kernel;
  kernel.update({ cards: [...kernel.state.cards, card] });
  for (const [path, text] of Object.entries(card.hostFiles)) tree.write(path, text);
  for (const tool of card.tools)
    tree.write(tool, 'A simulated tool: it runs inside the simulated machine only.\n');
  addDriversOf(kernel, card.functions);
  for (const spec of card.functions) {
    const present = addFunction(kernel, { spec, probe: false });
    if (spec.boundTo !== null && spec.boundTo !== spec.driver) {
      tree.write(`${present.directory}/driver_override`, `${spec.boundTo}\n`);
    }
    if (spec.boundTo !== null) attachDriver(kernel, present, spec.boundTo);
    if (spec.sriov !== null && spec.sriov.numVfs > 0)
      enableVirtualFunctions(kernel, present, spec.sriov.numVfs);
  }
  const [first] = card.functions;
  if (card.facts.persistence === 'Enabled' && first !== undefined)
    setPersistence(kernel, first.address, true);
}

/** Loads the kernel drivers that some functions and their virtual ones are for. */
export function addDriversOf(kernel: Kernel, functions: readonly SimulatedFunction[]): void {
  for (const { vendor, device, driver, boundTo, sriov } of functions) {
    if (driver !== null) addDriver(kernel, driver, [`${vendor}:${device}`]);
    if (boundTo !== null && boundTo !== driver) addDriver(kernel, boundTo, []);
    if (sriov !== null && sriov.vfDriver !== null)
      addDriver(kernel, sriov.vfDriver, [`${vendor}:${sriov.vfDevice}`]);
  }
}

/** Loads a kernel driver, or teaches a loaded one further ids (`vendor:device`). */
export function addDriver(kernel: Kernel, driver: string, ids: readonly string[]): void {
  const { tree, state } = kernel;
  for (const name of ['bind', 'unbind', 'new_id', 'remove_id', 'uevent']) {
    const path = `${pciDrivers}/${driver}/${name}`;
    if (!tree.has(path)) tree.write(path, '');
  }
  const known = new Set([...(state.drivers[driver] ?? []), ...ids]);
  kernel.update({ drivers: { ...state.drivers, [driver]: [...known] } });
}

/** Pulls a card out; nobody can hold it back. */
export function unplugCard(kernel: Kernel, address: string): void {
  const { functions } = requireCard(kernel, address);
  const gone = functions.flatMap((one) => [one, ...virtualFunctions(one, one.sriov?.totalVfs ?? 0)]);
  const addresses = new Set(gone.map((one) => one.address));
  kernel.update({ held: kernel.state.held.filter((held) => !addresses.has(held)) });
  endProcesses(kernel, ({ holds }) => addresses.has(holds));
  for (const one of functions.toReversed()) {
    const present = findFunction(kernel, one.address);
    if (present !== undefined) removeFunction(kernel, present);
  }
  const card = requireCard(kernel, address);
  updateCard(kernel, card, { ...card, plugged: false });
}

/** Plugs a card again that was pulled out; drivers probe it anew. */
export function replugCard(kernel: Kernel, address: string): void {
  const card = requireCard(kernel, address);
  updateCard(kernel, card, { ...card, plugged: true });
  rescanBus(kernel);
}

/** Puts another card where one was; the old one is forgotten. */
export function replaceCard(kernel: Kernel, address: string, plan: CardPlan): SimulatedCard {
  unplugCard(kernel, address);
  updateCard(kernel, requireCard(kernel, address), undefined);
  return plugCard(kernel, plan);
}

/** Makes a card for this machine and plugs it. */
export function plugCard(kernel: Kernel, plan: CardPlan): SimulatedCard {
  const card = plan(cardMaker(kernel));
  addCard(kernel, card);
  return card;
}
