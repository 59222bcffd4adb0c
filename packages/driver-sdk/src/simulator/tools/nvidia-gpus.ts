import type { SimulatedCard } from '../card.ts';
import { driverOf, findFunction } from '../kernel/find-function.ts';
import type { Kernel } from '../kernel/kernel.ts';

/** A GPU that the `nvidia` driver has, as nvidia-smi knows it. */
export interface ListedGpu {
  readonly index: number;
  readonly address: string;
  readonly card: SimulatedCard;
}

/** The GPUs that the `nvidia` driver has, in order of bus address. */
export function listGpus(kernel: Kernel): ListedGpu[] {
  return kernel.state.cards
    .filter(({ kind }) => kind === 'nvidia-gpu')
    .flatMap((card) => card.functions.slice(0, 1).map(({ address }) => ({ address, card })))
    .filter(({ address }) => {
      const present = findFunction(kernel, address);
      return present !== undefined && driverOf(kernel, present) === 'nvidia';
    })
    .sort((left, right) => (left.address < right.address ? -1 : 1))
    .map((gpu, index) => ({ ...gpu, index }));
}

/** Those that `-i` names by index, UUID or bus address, all without it; undefined when there is none such. */
export function chooseGpus(
  gpus: readonly ListedGpu[],
  args: readonly string[],
): readonly ListedGpu[] | undefined {
  const wanted = optionValue(args, ['-i', '--id'])?.toLowerCase();
  if (wanted === undefined) return gpus;
  const chosen = gpus.filter(
    ({ index, address, card }) =>
      `${index}` === wanted || card.facts.uuid?.toLowerCase() === wanted || wanted.endsWith(address),
  );
  return chosen.length === 0 ? undefined : chosen;
}

/** The value of an option, after it or after its `=`; undefined when it is not given. */
export function optionValue(args: readonly string[], names: readonly string[]): string | undefined {
  for (const [at, arg] of args.entries()) {
    if (names.includes(arg)) return args[at + 1];
    const name = names.find((candidate) => arg.startsWith(`${candidate}=`));
    if (name !== undefined) return arg.slice(name.length + 1);
  }
  return undefined;
}

/** The address as the tool writes it: with eight digits of domain, in capitals. */
export const busIdOf = (address: string): string => `0000${address.toUpperCase()}`;
