import type { ListedGpu } from './nvidia-gpus.ts';

interface NvidiaField {
  readonly unit?: string;
  readonly value: (gpu: ListedGpu) => string | undefined;
}

const fixed = (value: string, unit?: string): NvidiaField => ({
  value: () => value,
  ...(unit === undefined ? {} : { unit }),
});

const fact = (name: string, unit?: string): NvidiaField => ({
  value: ({ card }) => card.facts[name],
  ...(unit === undefined ? {} : { unit }),
});

/** What a GPU that needs a reset answers in place of a reading. */
const reading = (value: string, whenSick: string, unit?: string): NvidiaField => ({
  value: ({ card }) => (card.health === 'sick' ? whenSick : value),
  ...(unit === undefined ? {} : { unit }),
});

const reservedMiB = 614;

/**
 * The fields of `--query-gpu` that the simulated nvidia-smi knows, with the units of its CSV header. Names and
 * forms are those of `nvidia-smi --help-query-gpu`.
 */
export const nvidiaFields: Readonly<Record<string, NvidiaField>> = {
  index: { value: ({ index }) => `${index}` },
  count: fixed('1'),
  uuid: fact('uuid'),
  gpu_uuid: fact('uuid'),
  name: fact('name'),
  gpu_name: fact('name'),
  serial: fact('serial'),
  gpu_serial: fact('serial'),
  'pci.bus_id': { value: ({ address }) => `0000${address.toUpperCase()}` },
  'pci.domain': { value: ({ address }) => `0x${address.slice(0, 4).toUpperCase()}` },
  'pci.bus': { value: ({ address }) => `0x${address.slice(5, 7).toUpperCase()}` },
  'pci.device': { value: ({ address }) => `0x${address.slice(8, 10).toUpperCase()}` },
  'pci.device_id': { value: ({ card }) => idsOf(card.functions[0]?.device, card.functions[0]?.vendor) },
  'pci.sub_device_id': {
    value: ({ card }) => idsOf(card.functions[0]?.subsystemDevice, card.functions[0]?.subsystemVendor),
  },
  driver_version: fact('driverVersion'),
  vbios_version: fact('vbios'),
  compute_cap: fact('computeCapability'),
  'memory.total': fact('memoryMiB', 'MiB'),
  'memory.used': fixed('0', 'MiB'),
  'memory.reserved': fixed(`${reservedMiB}`, 'MiB'),
  'memory.free': { unit: 'MiB', value: ({ card }) => `${Number(card.facts.memoryMiB) - reservedMiB}` },
  'utilization.gpu': reading('0', '[GPU requires reset]', '%'),
  'utilization.memory': reading('0', '[GPU requires reset]', '%'),
  'temperature.gpu': fixed('28'),
  'temperature.memory': fixed('32'),
  'power.draw': reading('77.71', '[Unknown Error]', 'W'),
  'power.limit': { unit: 'W', value: ({ card }) => Number(card.facts.powerLimitW).toFixed(2) },
  'clocks.gr': fixed('345', 'MHz'),
  'clocks.sm': fixed('345', 'MHz'),
  'clocks.mem': fixed('3201', 'MHz'),
  pstate: fixed('P0'),
  'clocks_event_reasons.gpu_idle': fixed('Active'),
  'clocks_event_reasons.hw_slowdown': fixed('Not Active'),
  'clocks_event_reasons.hw_thermal_slowdown': fixed('Not Active'),
  'clocks_event_reasons.hw_power_brake_slowdown': fixed('Not Active'),
  'clocks_event_reasons.sw_thermal_slowdown': fixed('Not Active'),
  'ecc.mode.current': fixed('Enabled'),
  'ecc.errors.corrected.volatile.total': reading('0', '[Unknown Error]'),
  'ecc.errors.uncorrected.volatile.total': reading('0', '[Unknown Error]'),
  'ecc.errors.uncorrected.aggregate.total': reading('0', '[Unknown Error]'),
  'remapped_rows.pending': fixed('No'),
  'remapped_rows.failure': fixed('No'),
  'remapped_rows.correctable': fixed('0'),
  'remapped_rows.uncorrectable': fixed('0'),
  'retired_pages.pending': fixed('[N/A]'),
  'mig.mode.current': fact('mig'),
  'mig.mode.pending': fact('migPending'),
  gpu_recovery_action: reading('None', 'Reset'),
  'fabric.state': fixed('Completed'),
  'fabric.status': fixed('Success'),
  persistence_mode: fact('persistence'),
  compute_mode: fixed('Default'),
  'pcie.link.gen.current': fixed('5'),
  'pcie.link.gen.max': fixed('5'),
  'pcie.link.width.current': fixed('16'),
  'pcie.link.width.max': fixed('16'),
};

/** What a field reads at one GPU, with what was set for it before the usual. */
export function fieldText(gpu: ListedGpu, name: string): string {
  return gpu.card.readings[name] ?? nvidiaFields[name]?.value(gpu) ?? '[N/A]';
}

function idsOf(device = '', vendor = ''): string {
  return `0x${device}${vendor}`.toUpperCase().replace('0X', '0x');
}
