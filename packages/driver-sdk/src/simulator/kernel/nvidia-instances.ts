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
  updateCard(kernel, card, { ...card, slices: [...slices] });
  const { tree } = kernel;
  for (const [path, minor] of slices.flatMap((slice) => accessesOf(card, slice))) {
    tree.write(path, `DeviceFileMinor: ${minor}\nDeviceFileMode: 292\nDeviceFileModify: 1\n`);
    tree.write(capabilityNode(minor), '');
  }
}

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

function accessesOf({ facts }: SimulatedCard, slice: SimulatedSlice): [path: string, minor: number][] {
  const gpu = Number(facts.minor);
  const minor = firstMinor + (gpu * instancesPerGpu + slice.id) * minorsPerInstance;
  const directory = `/proc/driver/nvidia/capabilities/gpu${gpu}/mig/gi${slice.id}`;
  return [
    [`${directory}/access`, minor],
    ...slice.computeInstances.map((id): [string, number] => [`${directory}/ci${id}/access`, minor + 1 + id]),
  ];
}
