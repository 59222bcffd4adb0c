import type { RunResult } from '../../machine.ts';
import { driverOf, findFunction } from '../kernel/find-function.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type ListedGpu, nvidiaFields } from './nvidia-fields.ts';
import { printed } from './simulated-tool.ts';

/**
 * NVIDIA's tool: `-L`, `--version` and `--query-gpu=… --format=csv[,noheader][,nounits]`, optionally with
 * `-i <index, uuid or bus id>`. It sees what is bound to `nvidia`, in order of bus address; messages and exit
 * statuses are those of nvidia-smi(1), which prints errors to standard output.
 */
export function nvidiaSmi(kernel: Kernel, args: readonly string[]): RunResult {
  const gpus = listGpus(kernel);
  if (args.includes('--version')) return printed(versionText());
  if (gpus.length === 0) return kernel.tree.has('/sys/bus/pci/drivers/nvidia') ? noDevices() : noDriver();
  const lost = gpus.find(({ card }) => card.health === 'fallen-off');
  const chosen = chooseGpus(gpus, args);
  if (chosen === undefined) return printed('No devices were found\n', 6);
  if (lost !== undefined && chosen.includes(lost)) {
    const bus = lost.address.toUpperCase();
    return printed(`Unable to determine the device handle for GPU${bus}: Unknown Error\n`, 15);
  }
  if (args.includes('-L') || args.includes('--list-gpus')) {
    return printed(
      chosen
        .map(({ index, card }) => `GPU ${index}: ${card.facts.name} (UUID: ${card.facts.uuid})\n`)
        .join(''),
    );
  }
  return queryGpus(chosen, args);
}

function listGpus(kernel: Kernel): ListedGpu[] {
  return kernel.state.cards
    .filter(({ kind }) => kind === 'nvidia-gpu')
    .flatMap((card) => card.functions.map(({ address }) => ({ address, card })))
    .filter(({ address }) => {
      const present = findFunction(kernel, address);
      return present !== undefined && driverOf(kernel, present) === 'nvidia';
    })
    .sort((left, right) => (left.address < right.address ? -1 : 1))
    .map((gpu, index) => ({ ...gpu, index }));
}

function chooseGpus(gpus: readonly ListedGpu[], args: readonly string[]): readonly ListedGpu[] | undefined {
  const wanted = optionValue(args, ['-i', '--id']);
  if (wanted === undefined) return gpus;
  const chosen = gpus.filter(
    ({ index, address, card }) =>
      `${index}` === wanted || card.facts.uuid === wanted || wanted.toLowerCase().endsWith(address),
  );
  return chosen.length === 0 ? undefined : chosen;
}

function queryGpus(gpus: readonly ListedGpu[], args: readonly string[]): RunResult {
  const names = optionValue(args, ['--query-gpu'])?.split(',');
  if (names === undefined)
    return printed("Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.\n", 2);
  const format = optionValue(args, ['--format'])?.split(',') ?? [];
  const unknown = names.find((name) => nvidiaFields[name] === undefined);
  if (unknown !== undefined) return printed(`Field "${unknown}" is not a valid field to query.\n\n`, 2);
  if (!format.includes('csv')) return printed('"--format=" switch is missing. Format is required.\n', 2);
  const units = !format.includes('nounits');
  const header = names.map((name) => {
    const unit = nvidiaFields[name]?.unit;
    return unit === undefined || !units ? name : `${name} [${unit}]`;
  });
  const rows = gpus.map((gpu) => names.map((name) => cellOf(gpu, name, units)));
  const lines = format.includes('noheader') ? rows : [header, ...rows];
  return printed(lines.map((line) => `${line.join(', ')}\n`).join(''));
}

function cellOf(gpu: ListedGpu, name: string, units: boolean): string {
  const field = nvidiaFields[name];
  const value = field?.value(gpu) ?? '[N/A]';
  return field?.unit === undefined || !units || value.startsWith('[') ? value : `${value} ${field.unit}`;
}

function optionValue(args: readonly string[], names: readonly string[]): string | undefined {
  for (const [at, arg] of args.entries()) {
    if (names.includes(arg)) return args[at + 1];
    const name = names.find((candidate) => arg.startsWith(`${candidate}=`));
    if (name !== undefined) return arg.slice(name.length + 1);
  }
  return undefined;
}

const versionText = (): string =>
  [
    'NVIDIA-SMI version  : 590.48.01',
    'NVML version        : 590.48',
    'DRIVER version      : 590.48.01',
    'CUDA Version        : 13.1',
    '',
  ].join('\n');

const noDevices = (): RunResult => printed('No devices were found\n', 6);

const noDriver = (): RunResult =>
  printed(
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n\n",
    9,
  );
