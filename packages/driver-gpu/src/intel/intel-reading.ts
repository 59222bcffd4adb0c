import type { Health } from '@cyborgjs/core';
import { knownFacts, type Machine, type PciFunction, readAttribute } from '@cyborgjs/driver-sdk';
import { type GpuReading, silentReading } from '../gpu-reading.ts';

const intelDrivers: readonly string[] = ['i915', 'xe'];

/**
 * What the i915 and xe drivers say of one GPU (Linux: Documentation/ABI/testing/sysfs-driver-intel-xe-sriov, sysfs-bus-pci).
 * They know no identity: that is the serial number on the bus.
 */
export async function readIntelGpu(sys: Machine, fn: PciFunction): Promise<GpuReading> {
  if (fn.driver === undefined || !intelDrivers.includes(fn.driver)) return silentReading;
  const read = (name: string): Promise<string | undefined> =>
    readAttribute(sys, `/sys/bus/pci/devices/${fn.address}/${name}`);
  return {
    identity: null,
    health: readHealth(await read('aer_dev_fatal'), await read('survivability_mode')),
    firmware: {},
    attributes: knownFacts({ total_vfs: fn.sriov === undefined ? undefined : `${fn.sriov.totalVfs}` }),
  };
}

/** Fatal errors of its link, as `NAME count` lines that end in a sum; and whether only its firmware can be mended. */
function readHealth(fatal: string | undefined, survivability: string | undefined): Health {
  if (survivability !== undefined)
    return { state: 'failed', reason: 'it is in survivability mode: its firmware has to be written anew' };
  const [, count = '0'] = /^TOTAL_ERR_FATAL (\d{1,15})$/m.exec(fatal ?? '') ?? [];
  if (Number(count) === 0) return { state: 'ok' };
  return { state: 'degraded', reason: `${count} fatal errors on its PCIe link` };
}
