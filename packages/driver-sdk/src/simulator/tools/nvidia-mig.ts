import type { RunResult } from '../../machine.ts';
import type { SimulatedSlice } from '../card.ts';
import type { MigProfile } from '../cards/mig-profiles.ts';
import { requireCard } from '../kernel/find-card.ts';
import { isHeld } from '../kernel/is-held.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { setSlices } from '../kernel/nvidia-instances.ts';
import { type ListedGpu, optionValue } from './nvidia-gpus.ts';
import { instanceTable, profileTable } from './nvidia-mig-tables.ts';
import { printed } from './simulated-tool.ts';

/**
 * `nvidia-smi mig`: `-lgip`, `-lgipp`, `-lgi`, `-lci`, `-cgi <profile>[:start],… [-C]`, `-cci [-gi]`, `-dgi -gi`, `-dci -gi -ci`
 * (NVIDIA Multi-Instance GPU User Guide).
 */
export function runMig(kernel: Kernel, chosen: readonly ListedGpu[], args: readonly string[]): RunResult {
  const able = chosen.filter((gpu) => profilesOf(gpu).length > 0);
  const gpus = able.filter(({ card }) => card.facts.mig === 'Enabled');
  // R580 tells what could be while MIG is off, and ends with 0 when there is nothing to list.
  if (args.includes('-lgip') && able.length > 0) return printed(profileTable(able, profilesOf, freeOf));
  if (args.includes('-lgipp') && able.length > 0) return printed(able.map(placementLines).join(''));
  if (gpus.length === 0) return printed('No MIG-enabled devices found.\n', isList(args) ? 0 : 6);
  if (args.includes('-lgi')) return listInstances(gpus);
  if (args.includes('-lci')) return listComputeInstances(gpus);
  const [gpu] = gpus;
  if (gpu === undefined) return printed('No devices were found\n', 6);
  if (args.includes('-cgi')) return createInstances(kernel, gpu, args);
  if (args.includes('-cci')) return createCompute(kernel, gpu, args);
  if (args.includes('-dgi')) return destroyInstance(kernel, gpu, args);
  if (args.includes('-dci')) return destroyCompute(kernel, gpu, args);
  return printed("Invalid combination of input arguments. Please run 'nvidia-smi mig -h' for help.\n", 2);
}

const isList = (args: readonly string[]): boolean => args.some((arg) => arg === '-lgi' || arg === '-lci');

const profilesOf = ({ card }: ListedGpu): readonly MigProfile[] => JSON.parse(card.facts.migProfiles ?? '[]');

const overlaps = (slice: SimulatedSlice, start: number, size: number): boolean =>
  start < slice.start + slice.size && slice.start < start + size;

/** Where a profile could be put now. */
function roomsOf({ card }: ListedGpu, { starts, size, name }: MigProfile): number[] {
  const isOnce = name.includes('+me') && card.slices.some(({ profile }) => profile.includes('+me'));
  return isOnce ? [] : starts.filter((start) => !card.slices.some((slice) => overlaps(slice, start, size)));
}

function freeOf(gpu: ListedGpu, profile: MigProfile): [free: number, total: number] {
  const total = profile.name.includes('+me') ? 1 : profile.starts.length;
  return [Math.min(roomsOf(gpu, profile).length, total), total];
}

function placementLines(gpu: ListedGpu): string {
  return profilesOf(gpu)
    .map(({ id, starts, size }) => {
      const word = starts.length === 1 ? 'Placement :' : 'Placements:';
      return `GPU  ${gpu.index} Profile ID ${`${id}`.padStart(2)} ${word} {${starts.join(',')}}:${size}\n`;
    })
    .join('');
}

function listInstances(gpus: readonly ListedGpu[]): RunResult {
  if (gpus.every(({ card }) => card.slices.length === 0))
    return printed('No GPU instances found: Not Found\n', 6);
  return printed(instanceTable(gpus));
}

function listComputeInstances(gpus: readonly ListedGpu[]): RunResult {
  const rows = gpus.flatMap((gpu) =>
    gpu.card.slices.flatMap(({ id, profile, computeInstances }) =>
      computeInstances.map(
        (ci) =>
          `|   ${gpu.index}  ${`${id}`.padStart(6)}       MIG ${profile.padEnd(16)} 0      ${ci}          0:${1}     |\n`,
      ),
    ),
  );
  return rows.length === 0 ? printed('No compute instances found: Not Found\n', 6) : printed(rows.join(''));
}

/** The MIG devices of a GPU as `-L` lists them: one for each compute instance. */
export function listMigDevices({ card }: ListedGpu): string {
  return migDevices(card)
    .map(
      ({ slice, ci }, index) =>
        `  MIG ${slice.profile.padEnd(11)} Device ${`${index}`.padStart(2)}: (UUID: ${migUuid(card.facts.uuid ?? '', slice.id, ci)})\n`,
    )
    .join('');
}

/** The compute instances of a GPU with the instance that each is in, in the tool's order. */
export function migDevices({
  slices,
}: ListedGpu['card']): { readonly slice: SimulatedSlice; readonly ci: number }[] {
  return slices
    .toSorted((left, right) => left.id - right.id)
    .flatMap((slice) => slice.computeInstances.map((ci) => ({ slice, ci })));
}

const migUuid = (gpu: string, instance: number, ci: number): string =>
  gpu.replace(
    /^GPU-(.{23})-.{12}$/,
    (_all, head: string) => `MIG-${head}-${`${instance}`.padStart(6, '0')}${`${ci}`.padStart(6, '0')}`,
  );

function createInstances(kernel: Kernel, gpu: ListedGpu, args: readonly string[]): RunResult {
  const wanted = optionValue(args, ['-cgi'])?.split(',') ?? [];
  const said: string[] = [];
  for (const entry of wanted) {
    const [key = '', at] = entry.split(':');
    const card = requireCard(kernel, gpu.address);
    const now = { ...gpu, card };
    const profile = profilesOf(now).find(({ id, name }) => `${id}` === key || name === key);
    if (profile === undefined)
      return printed(`${said.join('')}Unable to create a GPU instance: Invalid profile ${key}\n`, 2);
    const rooms = roomsOf(now, profile);
    const start = at === undefined ? rooms[0] : rooms.find((room) => `${room}` === at);
    if (start === undefined) {
      const place = `GPU instance on GPU  ${gpu.index} using profile MIG ${profile.name} (ID ${`${profile.id}`.padStart(2)})`;
      said.push(
        `Failed to create ${place}: Insufficient Resources\nFailed to create GPU instances: Insufficient Resources\n`,
      );
      return printed(said.join(''), 19);
    }
    const slice = newSlice(now, profile, start);
    const computeInstances = args.includes('-C') ? [0] : [];
    setSlices(kernel, card, [...card.slices, { ...slice, computeInstances }]);
    said.push(
      `Successfully created GPU instance ID ${`${slice.id}`.padStart(2)} on GPU  ${gpu.index} using profile MIG ${profile.name} (ID ${`${profile.id}`.padStart(2)})\n`,
    );
    if (args.includes('-C')) said.push(computeLine(gpu, slice));
  }
  return printed(said.join(''));
}

/** Instances are numbered by their place in the tree of halves, so that the same place has the same number. */
function newSlice(
  gpu: ListedGpu,
  { id, name, size }: MigProfile,
  start: number,
): Omit<SimulatedSlice, 'computeInstances'> {
  const all = Math.max(...profilesOf(gpu).map((profile) => profile.size));
  return { id: all / size - 1 + start / size, profileId: id, profile: name, start, size };
}

const computeLine = (gpu: ListedGpu, slice: Pick<SimulatedSlice, 'id' | 'profile'>): string =>
  `Successfully created compute instance ID  0 on GPU  ${gpu.index} GPU instance ID ${`${slice.id}`.padStart(2)} using profile MIG ${slice.profile} (ID  0)\n`;

function chosenSlice(gpu: ListedGpu, args: readonly string[]): SimulatedSlice | undefined {
  return gpu.card.slices.find(({ id }) => `${id}` === optionValue(args, ['-gi']));
}

function replaceSlice(kernel: Kernel, gpu: ListedGpu, slice: SimulatedSlice): void {
  setSlices(
    kernel,
    gpu.card,
    gpu.card.slices.map((other) => (other.id === slice.id ? slice : other)),
  );
}

function createCompute(kernel: Kernel, gpu: ListedGpu, args: readonly string[]): RunResult {
  const slice = chosenSlice(gpu, args);
  if (slice === undefined) return printed('No GPU instances found: Not Found\n', 6);
  if (slice.computeInstances.length > 0)
    return printed(
      `Failed to create compute instance on GPU  ${gpu.index} GPU instance ID ${`${slice.id}`.padStart(2)}: Insufficient Resources\n`,
      19,
    );
  replaceSlice(kernel, gpu, { ...slice, computeInstances: [0] });
  return printed(computeLine(gpu, slice));
}

function destroyInstance(kernel: Kernel, gpu: ListedGpu, args: readonly string[]): RunResult {
  const slice = chosenSlice(gpu, args);
  if (slice === undefined) return printed('No GPU instances found: Not Found\n', 6);
  const place = `GPU instance ID ${`${slice.id}`.padStart(2)} from GPU  ${gpu.index}`;
  if (slice.computeInstances.length > 0 || isHeld(kernel.state, gpu.address))
    return printed(
      `Unable to destroy ${place}: In use by another client\nFailed to destroy GPU instances: In use by another client\n`,
      19,
    );
  setSlices(
    kernel,
    gpu.card,
    gpu.card.slices.filter((other) => other !== slice),
  );
  return printed(`Successfully destroyed ${place}\n`);
}

function destroyCompute(kernel: Kernel, gpu: ListedGpu, args: readonly string[]): RunResult {
  const slice = chosenSlice(gpu, args);
  const ci = Number(optionValue(args, ['-ci']) ?? 'x');
  if (slice === undefined || !slice.computeInstances.includes(ci))
    return printed('No compute instances found: Not Found\n', 6);
  const place = `compute instance ID  ${ci} from GPU  ${gpu.index} GPU instance ID ${`${slice.id}`.padStart(2)}`;
  if (isHeld(kernel.state, `${gpu.address} gi${slice.id}`))
    return printed(
      `Unable to destroy ${place}: In use by another client\nFailed to destroy compute instances: In use by another client\n`,
      19,
    );
  replaceSlice(kernel, gpu, {
    ...slice,
    computeInstances: slice.computeInstances.filter((other) => other !== ci),
  });
  return printed(`Successfully destroyed ${place}\n`);
}
