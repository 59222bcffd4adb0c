import type { SimulatedCard, SimulatedSlice } from '../card.ts';
import { updateCard } from './find-card.ts';
import type { Kernel } from './kernel.ts';

/** How many GPU instances and compute instances the kernel module keeps minor numbers for. */
const instancesPerGpu = 15;
const minorsPerInstance = 9;
const firstMinor = 3;

const major = 236;

/** Replaces what a GPU is cut into, and shows it below `/proc/driver/nvidia/capabilities` and `/dev/nvidia-caps`. */
export function setSlices(kernel: Kernel, card: SimulatedCard, slices: readonly SimulatedSlice[]): void {
  hideSlices(kernel, card);
  const { tree } = kernel;
  if (card.facts.mig === 'Enabled') tree.directory(migDirectory(card));
  updateCard(kernel, card, { ...card, slices: [...slices] });
  for (const [path, minor] of slices.flatMap((slice) => accessesOf(card, slice))) {
    tree.write(path, `DeviceFileMinor: ${minor}\nDeviceFileMode: 292\nDeviceFileModify: 1\n`);
    tree.write(capabilityNode(minor), '');
  }
}

/** Turns MIG of a GPU on or off, at once or with the next reset. */
export function setMigState(
  kernel: Kernel,
  card: SimulatedCard,
  facts: { readonly mig: string; readonly migPending: string },
): void {
  const changed = { ...card, facts: { ...card.facts, ...facts } };
  updateCard(kernel, card, changed);
  if (facts.mig === 'Enabled') kernel.tree.directory(migDirectory(card));
  else if (kernel.tree.has(migDirectory(card))) kernel.tree.prune(migDirectory(card));
}

const migDirectory = ({ facts }: SimulatedCard): string =>
  `/proc/driver/nvidia/capabilities/gpu${facts.minor}/mig`;

/** The node that opens a GPU instance. */
export const instanceNode = (card: SimulatedCard, slice: SimulatedSlice): string =>
  capabilityNode(accessesOf(card, slice)[0]?.[1] ?? 0);

/** A GPU that its driver leaves is whole again. */
export function dropSlices(kernel: Kernel, address: string): void {
  const card = kernel.state.cards.find(
    ({ plugged, slices, functions }) =>
      plugged && slices.length > 0 && functions.some((one) => one.address === address),
  );
  if (card !== undefined) setSlices(kernel, card, []);
}

function hideSlices({ tree }: Kernel, card: SimulatedCard): void {
  for (const [path, minor] of card.slices.flatMap((slice) => accessesOf(card, slice))) {
    tree.prune(path);
    tree.prune(capabilityNode(minor));
  }
}

/** What the host shows of MIG whether or not a GPU is cut (open-gpu-kernel-modules: nv-caps.c). */
export const capabilityHostFiles: Readonly<Record<string, string>> = {
  '/proc/devices': `Character devices:\n  1 mem\n195 nvidia\n235 nvidia-uvm\n${major} nvidia-caps\n510 vfio\n\nBlock devices:\n  8 sd\n`,
};

const capabilityNode = (minor: number): string => `/dev/nvidia-caps/nvidia-cap${minor}`;

function accessesOf(card: SimulatedCard, slice: SimulatedSlice): [path: string, minor: number][] {
  const gpu = Number(card.facts.minor);
  const minor = firstMinor + (gpu * instancesPerGpu + slice.id) * minorsPerInstance;
  const directory = `${migDirectory(card)}/gi${slice.id}`;
  return [
    [`${directory}/access`, minor],
    ...slice.computeInstances.map((id): [string, number] => [`${directory}/ci${id}/access`, minor + 1 + id]),
  ];
}
