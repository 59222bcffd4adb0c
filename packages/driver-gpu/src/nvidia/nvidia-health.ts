import type { Health, PciAddress } from '@cyborgjs/core';
import { worseHealth } from '@cyborgjs/driver-sdk';
import type { SmiReading } from './nvidia-smi.ts';
import type { SmiGpu } from './smi-gpu.ts';
import { type Xid, xidHealth } from './xid.ts';

/** What the recovery action means for giving the GPU out (NVML's `nvmlDeviceGpuRecoveryAction_t`). */
const recoveryActions: Readonly<Record<string, Health['state']>> = {
  None: 'ok',
  'Drain P2P': 'degraded',
  'Drain and Reset': 'degraded',
  'Recover IMEX Domain': 'degraded',
  Reset: 'failed',
  'GPU Reset': 'failed',
  Reboot: 'failed',
  'Node Reboot': 'failed',
};

/** What there is to judge an NVIDIA GPU by, beside the bus. */
export interface NvidiaSigns {
  readonly smi: SmiReading;
  readonly xids: readonly Xid[];
  readonly ignoredXids: readonly number[];
}

/** What nvidia-smi said of a GPU; undefined when it said nothing of it. */
export function smiGpuOf(reading: SmiReading, address: PciAddress): SmiGpu | undefined {
  if (reading.kind !== 'report') return undefined;
  return reading.report.gpus.find((gpu) => gpu.address === address);
}

/**
 * Health of an NVIDIA GPU that is on the nvidia driver, from nvidia-smi and the kernel log; the worst finding wins and
 * names the cause. What the tool does not know (older drivers, missing tool) counts as fine; a tool that failed, as
 * unknown, unless the log knows better.
 */
export function nvidiaHealth({ smi, xids, ignoredXids }: NvidiaSigns, address: PciAddress): Health {
  const isRecovered = smiGpuOf(smi, address)?.recoveryAction === 'None';
  return worseHealth(smiHealth(smi, address), xidHealth(xids, { ignored: ignoredXids, isRecovered }));
}

function smiHealth(reading: SmiReading, address: PciAddress): Health {
  if (reading.kind === 'absent') return { state: 'ok' };
  if (reading.kind === 'silent') return { state: 'unknown', reason: reading.reason };
  const { lost } = reading.report;
  if (lost.includes(address)) return failed('nvidia-smi cannot open it: fallen off the bus');
  const gpu = smiGpuOf(reading, address);
  // One lost GPU can keep the tool from listing the others: that says nothing of them.
  if (gpu === undefined && lost.length > 0) return { state: 'ok' };
  if (gpu === undefined) return { state: 'unknown', reason: 'nvidia-smi does not list it' };
  return findings(gpu).reduce<Health>(worseHealth, { state: 'ok' });
}

function findings(gpu: SmiGpu): Health[] {
  const { recoveryAction: action, signs, rows, link } = gpu;
  const found: Health[] = [];
  if (action !== null && action !== 'None')
    found.push({ state: recoveryActions[action] ?? 'degraded', reason: `the driver asks for: ${action}` });
  if (signs.includes('GPU is lost')) found.push(failed('it is lost'));
  if (signs.includes('GPU requires reset')) found.push(failed('it needs a reset'));
  if (signs.includes('Unknown Error')) found.push(degraded('it answers some queries with Unknown Error'));
  if (rows.failure === true) found.push(failed('a memory row could not be remapped'));
  if (rows.pending === true) found.push(degraded('a row remapping waits for a reset'));
  if (gpu.retirementPending === true) found.push(degraded('a page retirement waits for a reset'));
  for (const repair of gpu.repairs) found.push(degraded(`a ${repair} of its memory waits for a reset`));
  if ((gpu.ecc.uncorrected ?? 0) > 0)
    found.push(degraded(`${gpu.ecc.uncorrected} uncorrectable memory errors since its driver was loaded`));
  if (gpu.fabric !== null && gpu.fabric !== 'Completed')
    found.push(degraded(`its NVLink fabric is ${gpu.fabric}`));
  if (gpu.slowdowns.length > 0) found.push(degraded(`its clocks are held down: ${gpu.slowdowns.join(', ')}`));
  // An idle GPU trains its link down in speed, and never in width.
  const { generation, maxGeneration } = link;
  if (gpu.isIdle === false && generation !== null && maxGeneration !== null && generation < maxGeneration)
    found.push(degraded(`its PCIe link runs at generation ${generation} of ${maxGeneration}`));
  return found;
}

const failed = (reason: string): Health => ({ state: 'failed', reason });
const degraded = (reason: string): Health => ({ state: 'degraded', reason });
