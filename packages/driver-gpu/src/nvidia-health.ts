import { type Health, type PciAddress, parsePciAddress } from '@cyborgjs/core';
import { worseHealth } from '@cyborgjs/driver-sdk';
import type { SmiRow, SmiTable } from './nvidia-smi-csv.ts';

/**
 * What nvidia-smi had to say. `absent`: not asked, for it is not installed or no GPU is on the nvidia driver.
 * `silent`: it failed as a whole; the GPUs are there, but how they do is not known.
 */
export type SmiReading =
  | { readonly kind: 'absent' }
  | { readonly kind: 'silent'; readonly reason: string }
  | { readonly kind: 'table'; readonly table: SmiTable };

/** What nvidia-smi's recovery action means for giving the GPU out (NVML's `nvmlDeviceGpuRecoveryAction_t`). */
const recoveryActions: Readonly<Record<string, Health['state']>> = {
  None: 'ok',
  'Drain P2P': 'degraded',
  'Drain and Reset': 'degraded',
  Reset: 'failed',
  Reboot: 'failed',
};

/** The row of a GPU in what nvidia-smi printed. */
export function smiRowOf(reading: SmiReading, address: PciAddress): SmiRow | undefined {
  if (reading.kind !== 'table') return undefined;
  return reading.table.rows.find((row) => parsePciAddress(row.values['pci.bus_id'] ?? '') === address);
}

/**
 * Health of an NVIDIA GPU that is on the nvidia driver, from nvidia-smi; the worst finding wins and names the
 * cause. What the tool does not know (older drivers, missing tool) counts as fine; a tool that failed, as unknown.
 */
export function nvidiaHealth(reading: SmiReading, address: PciAddress): Health {
  if (reading.kind === 'absent') return { state: 'ok' };
  if (reading.kind === 'silent') return { state: 'unknown', reason: reading.reason };
  if (reading.table.lost.includes(address)) return failed('nvidia-smi cannot open it: fallen off the bus');
  const row = smiRowOf(reading, address);
  // One lost GPU can keep the tool from listing the others: that says nothing of them.
  if (row === undefined && reading.table.lost.length > 0) return { state: 'ok' };
  if (row === undefined) return { state: 'unknown', reason: 'nvidia-smi does not list it' };
  return findings(row).reduce<Health>(worseHealth, { state: 'ok' });
}

function findings(row: SmiRow): Health[] {
  const value = (field: string): string | null => row.values[field] ?? null;
  const found: Health[] = [];
  const action = value('gpu_recovery_action');
  if (action !== null && action !== 'None')
    found.push({ state: recoveryActions[action] ?? 'degraded', reason: `the driver asks for: ${action}` });
  if (row.signs.includes('GPU requires reset')) found.push(failed('it needs a reset'));
  if (row.signs.includes('Unknown Error')) found.push(degraded('it answers some queries with Unknown Error'));
  if (value('remapped_rows.failure') === 'Yes') found.push(failed('a memory row could not be remapped'));
  if (value('remapped_rows.pending') === 'Yes') found.push(degraded('a row remapping waits for a reset'));
  if (value('retired_pages.pending') === 'Yes') found.push(degraded('a page retirement waits for a reset'));
  const fabric = value('fabric.state');
  if (fabric !== null && fabric !== 'Completed') found.push(degraded(`its NVLink fabric is ${fabric}`));
  return found;
}

const failed = (reason: string): Health => ({ state: 'failed', reason });
const degraded = (reason: string): Health => ({ state: 'degraded', reason });
