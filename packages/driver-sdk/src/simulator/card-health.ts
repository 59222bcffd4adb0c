import type { SimulatedFunction, SimulatedHealth } from './card.ts';
import { changeFaults } from './faults.ts';
import { requireCard, updateCard } from './kernel/find-card.ts';
import { findFunction } from './kernel/find-function.ts';
import { configSpace } from './kernel/function-attributes.ts';
import { enterKernel, type Kernel } from './kernel/kernel.ts';

const linkAttributes = ['max_link_speed', 'max_link_width', 'current_link_speed', 'current_link_width'];

/** Sets how the card at an address feels; returns its functions. */
export function setHealth(
  kernel: Kernel,
  address: string,
  health: SimulatedHealth,
): readonly SimulatedFunction[] {
  const card = requireCard(kernel, address);
  updateCard(kernel, card, { ...card, health });
  return card.functions;
}

/**
 * Lets a card drop off the bus: attributes still read as they were cached, but its configuration space reads all
 * ones and its link cannot be read.
 */
export function fallOff(root: string, address: string): void {
  const attributes = enterKernel(root, (kernel) => {
    const functions = setHealth(kernel, address, 'fallen-off');
    return writeConfig(kernel, functions, () => 'ÿ'.repeat(64));
  });
  changeFaults(root, (faults) => {
    const failing = Object.fromEntries(attributes.map((path) => [path, 'EINVAL']));
    return { ...faults, reads: { ...faults.reads, ...failing } };
  });
}

/** Makes the card at an address well again, as after a reset or a power cycle. */
export function recover(root: string, address: string): void {
  const attributes = enterKernel(root, (kernel) => {
    const functions = setHealth(kernel, address, 'ok');
    return writeConfig(kernel, functions, (spec) => configSpace(spec, false));
  });
  changeFaults(root, (faults) => ({
    ...faults,
    reads: Object.fromEntries(Object.entries(faults.reads).filter(([path]) => !attributes.includes(path))),
  }));
}

/** Writes the configuration space of those functions that are there; returns the paths of their link attributes. */
function writeConfig(
  kernel: Kernel,
  functions: readonly SimulatedFunction[],
  config: (spec: SimulatedFunction) => string,
): string[] {
  return functions.flatMap((spec) => {
    const present = findFunction(kernel, spec.address);
    if (present === undefined) return [];
    kernel.tree.write(`${present.directory}/config`, config(spec), { binary: true });
    return linkAttributes.map((name) => `${present.directory}/${name}`);
  });
}
