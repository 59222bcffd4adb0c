import type { Health } from '@cyborgjs/core';
import { listAttributes, type Machine, orAbsent, readAttribute, worseHealth } from '@cyborgjs/driver-sdk';
import { intelHealth } from './intel-health.ts';
import { printable } from './printable.ts';

/** Where the kernel has its FPGA managers, and what flashes cards, by class. */
const managerClass = '/sys/class/fpga_manager';
/** Secure updates in the kernel since 6.0, and in Intel's own drivers before (Linux: Documentation/ABI/testing/sysfs-class-firmware). */
const updateClasses = [
  { path: '/sys/class/firmware', beginning: 'secure-update', below: '' },
  { path: '/sys/class/fpga_sec_mgr', beginning: 'fpga_sec', below: '/update' },
  { path: '/sys/class/ifpga_sec_mgr', beginning: 'ifpga_sec', below: '/update' },
] as const;

/** FPGA managers and secure updates of the machine by their real paths, whatever they belong to. */
export interface FpgaClassDevices {
  readonly managers: readonly string[];
  readonly updates: readonly string[];
}

/** Looks through the classes once for all cards. */
export async function findClassDevices(sys: Machine): Promise<FpgaClassDevices> {
  const updates: string[] = [];
  for (const { path, beginning, below } of updateClasses)
    updates.push(...(await devicesIn(sys, path, beginning)).map((device) => device + below));
  return { managers: await devicesIn(sys, managerClass, 'fpga'), updates };
}

async function devicesIn(sys: Machine, path: string, beginning: string): Promise<string[]> {
  const devices: string[] = [];
  for (const name of await listAttributes(sys, path)) {
    if (!name.startsWith(beginning)) continue;
    const device = await orAbsent(() => sys.resolve(`${path}/${name}`));
    if (device !== undefined) devices.push(device);
  }
  return devices;
}

/** Health by the managers and secure updates that lie below a card's function. */
export async function classHealth(
  sys: Machine,
  { managers, updates }: FpgaClassDevices,
  address: string,
): Promise<Health> {
  let health: Health = { state: 'ok' };
  for (const manager of managers.filter(isBelow(address)))
    health = worseHealth(health, await managerHealth(sys, manager));
  for (const update of updates.filter(isBelow(address)))
    health = worseHealth(health, await updateHealth(sys, update));
  return health;
}

const isBelow =
  (address: string) =>
  (path: string): boolean =>
    path.includes(`/${address}/`);

/** Its state, and what it says of a reconfiguration (Linux: Documentation/ABI/testing/sysfs-class-fpga-manager). */
async function managerHealth(sys: Machine, manager: string): Promise<Health> {
  const managerState = printable(await readAttribute(sys, `${manager}/state`));
  const status = printable((await readAttribute(sys, `${manager}/status`))?.replaceAll('\n', ', '));
  const health = intelHealth({ managerState, errors: {} });
  return status === undefined
    ? health
    : worseHealth(health, { state: 'failed', reason: `its FPGA manager says: ${status}; program it again` });
}

async function updateHealth(sys: Machine, update: string): Promise<Health> {
  const error = printable(await readAttribute(sys, `${update}/error`));
  const status = printable(await readAttribute(sys, `${update}/status`)) ?? 'idle';
  if (status !== 'idle') return { state: 'degraded', reason: `its flash is being written: ${status}` };
  if (error === undefined) return { state: 'ok' };
  return { state: 'degraded', reason: `its last flash ended with ${error}: flash it again` };
}
