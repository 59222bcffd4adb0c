import { parsePciAddress } from '@cyborgjs/core';
import { DriverError } from '@cyborgjs/driver-sdk';
import {
  lostGpus,
  type SmiGpu,
  type SmiProcess,
  type SmiReport,
  slowdownName,
  slowdownReasons,
} from './smi-gpu.ts';
import { smiCount, smiFlag, smiNumber, smiSign, smiValue } from './smi-value.ts';
import { findElement, parseXml, textsIn, type XmlElement } from './xml-tree.ts';

/**
 * Reads `nvidia-smi -q -x`, as drivers 450 to 595 print it: the document types v11, v12 and v13 differ in where they put
 * some values, and each is looked for in all its places. Complaints that the tool prints before the document are no part
 * of it, but name the GPUs that it lost.
 *
 * @throws `hardware` when there is no such document in the text
 */
export function parseSmiXml(text: string): SmiReport {
  const start = text.search(/<\?xml|<!DOCTYPE|<nvidia_smi_log/);
  if (start < 0) throw new DriverError('hardware', 'nvidia-smi printed no XML');
  const log = parseXml(text.slice(start));
  if (log.name !== 'nvidia_smi_log')
    throw new DriverError('hardware', `nvidia-smi printed <${log.name.slice(0, 40)}>, not <nvidia_smi_log>`);
  const driver = valueAt(log, 'driver_version');
  const elements = log.children.filter(({ name }) => name === 'gpu');
  return {
    gpus: elements.flatMap((element, index) => readGpu(element, { index, driver }) ?? []),
    lost: lostGpus(text.slice(0, start)),
  };
}

/** The first of some paths (`power_readings/power_draw`) that has a value. */
function valueAt(element: XmlElement, ...paths: readonly string[]): string | null {
  for (const path of paths) {
    const value = smiValue(findElement(element, path.split('/'))?.text);
    if (value !== null) return value;
  }
  return null;
}

interface SmiLog {
  readonly index: number;
  readonly driver: string | null;
}

function readGpu(element: XmlElement, { index, driver }: SmiLog): SmiGpu | undefined {
  const value = (...paths: readonly string[]): string | null => valueAt(element, ...paths);
  const number = (...paths: readonly string[]): number | null => smiNumber(value(...paths));
  const address = parsePciAddress(value('pci/pci_bus_id') ?? element.attributes.id ?? '');
  if (address === undefined) return undefined;
  return {
    address,
    index,
    uuid: value('uuid'),
    name: value('product_name'),
    serial: value('serial'),
    vbios: value('vbios_version'),
    driver,
    computeCapability: null,
    mig: {
      current: smiFlag(value('mig_mode/current_mig')),
      pending: smiFlag(value('mig_mode/pending_mig')),
    },
    memory: { total: number('fb_memory_usage/total'), used: number('fb_memory_usage/used') },
    utilization: { gpu: number('utilization/gpu_util'), memory: number('utilization/memory_util') },
    temperature: { gpu: number('temperature/gpu_temp'), memory: number('temperature/memory_temp') },
    power: readPower(number),
    clock: number('clocks/graphics_clock'),
    ecc: readEcc(element),
    rows: readRows(element),
    retirementPending: smiFlag(value('retired_pages/pending_retirement', 'retired_pages/pending_blacklist')),
    repairs: ['channel', 'tpc']
      .filter((part) => smiFlag(value(`ecc_errors/${part}_repair_pending`)) === true)
      .map((part) => `${part} repair`),
    recoveryAction: readRecovery(value),
    fabric: value('fabric/state'),
    slowdowns: slowdownReasons
      .filter((reason) => smiFlag(value(...reasonPaths(reason))) === true)
      .map(slowdownName),
    isIdle: smiFlag(value(...reasonPaths('gpu_idle'))),
    link: {
      generation: number('pci/pci_gpu_link_info/pcie_gen/current_link_gen'),
      maxGeneration: number('pci/pci_gpu_link_info/pcie_gen/max_link_gen'),
      width: number('pci/pci_gpu_link_info/link_widths/current_link_width'),
      maxWidth: number('pci/pci_gpu_link_info/link_widths/max_link_width'),
    },
    processes: readProcesses(element),
    signs: [...new Set([...textsIn(element)].flatMap((text) => smiSign(text) ?? []))],
  };
}

type ReadValue = (...paths: readonly string[]) => string | null;
type ReadNumber = (...paths: readonly string[]) => number | null;

const readPower = (number: ReadNumber): SmiGpu['power'] => ({
  draw: number(
    'gpu_power_readings/instant_power_draw',
    'gpu_power_readings/average_power_draw',
    'gpu_power_readings/power_draw',
    'power_readings/power_draw',
  ),
  limit: number(
    'gpu_power_readings/current_power_limit',
    'gpu_power_readings/power_limit',
    'power_readings/power_limit',
  ),
});

const reasonPaths = (reason: string): string[] => [
  `clocks_event_reasons/clocks_event_reason_${reason}`,
  `clocks_throttle_reasons/clocks_throttle_reason_${reason}`,
];

/** Older drivers say whether a reset is required or recommended, in place of what is to be done. */
function readRecovery(value: ReadValue): string | null {
  const action = value('gpu_recovery_action');
  if (action !== null) return action;
  const isRequired = smiFlag(value('gpu_reset_status/reset_required'));
  if (isRequired === true) return 'Reset';
  if (smiFlag(value('gpu_reset_status/drain_and_reset_recommended')) === true) return 'Drain and Reset';
  return isRequired === false ? 'None' : null;
}

/** The names under which the counters of one kind stand: a driver has some of them, and their sum is meant. */
const eccCounters = {
  corrected: ['sram_correctable', 'dram_correctable', 'single_bit/total'],
  uncorrected: [
    'sram_uncorrectable',
    'sram_uncorrectable_parity',
    'sram_uncorrectable_secded',
    'dram_uncorrectable',
    'double_bit/total',
  ],
} as const;

function readEcc(element: XmlElement): SmiGpu['ecc'] {
  const sum = (names: readonly string[]): number | null => {
    const counts = names.flatMap((name) => smiCount(valueAt(element, `ecc_errors/volatile/${name}`)) ?? []);
    return counts.length === 0 ? null : counts.reduce((total, count) => total + count, 0);
  };
  return { corrected: sum(eccCounters.corrected), uncorrected: sum(eccCounters.uncorrected) };
}

function readRows(element: XmlElement): SmiGpu['rows'] {
  const value = (name: string): string | null => valueAt(element, `remapped_rows/remapped_row_${name}`);
  return {
    corrected: smiCount(value('corr')),
    uncorrected: smiCount(value('unc')),
    pending: smiFlag(value('pending')),
    failure: smiFlag(value('failure')),
  };
}

function readProcesses(element: XmlElement): SmiProcess[] {
  const infos = findElement(element, ['processes'])?.children ?? [];
  return infos
    .filter(({ name }) => name === 'process_info')
    .flatMap((info) => {
      const pid = smiCount(valueAt(info, 'pid'));
      return pid === null ? [] : [{ pid, name: valueAt(info, 'process_name') ?? 'unknown' }];
    });
}
