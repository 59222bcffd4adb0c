import type { RunResult } from '../../machine.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { fieldText, nvidiaFields } from './nvidia-fields.ts';
import { chooseGpus, type ListedGpu, listGpus, optionValue } from './nvidia-gpus.ts';
import { listMigDevices, runMig } from './nvidia-mig.ts';
import { changeSettings } from './nvidia-settings.ts';
import { nvidiaXml } from './nvidia-xml.ts';
import { printed } from './simulated-tool.ts';

/**
 * NVIDIA's tool: `-L`, `--version`, `-q -x`, `--query-gpu=… --format=csv[,noheader][,nounits]`, `-pm`, `-mig`, `-r` and
 * `mig …`, optionally with `-i <index, uuid or bus id>`. It sees what is bound to `nvidia`, in order of bus address;
 * messages and exit statuses are those of nvidia-smi(1), which prints errors to standard output.
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
  if (args[0] === 'mig') return runMig(kernel, chosen, args.slice(1));
  if (args.includes('-L') || args.includes('--list-gpus'))
    return printed(chosen.map((gpu) => `${listLine(gpu)}${listMigDevices(gpu)}`).join(''));
  if (args.includes('-q') && args.includes('-x')) return printed(nvidiaXml(kernel, chosen));
  return changeSettings(kernel, chosen, args) ?? queryGpus(chosen, args);
}

const listLine = ({ index, card }: ListedGpu): string =>
  `GPU ${index}: ${card.facts.name} (UUID: ${card.facts.uuid})\n`;

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
  const unit = nvidiaFields[name]?.unit;
  const value = fieldText(gpu, name);
  return unit === undefined || !units || value.startsWith('[') ? value : `${value} ${unit}`;
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
