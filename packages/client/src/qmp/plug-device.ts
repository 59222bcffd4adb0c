import type { AttachmentConnection } from '@cyborgjs/core';
import { z } from 'zod';
import { QmpError, type QmpSession } from './qmp-session.ts';

type QmpDevice = NonNullable<AttachmentConnection['qmp']>;

const Peripherals = z.array(z.object({ name: z.string() }));

/** Plugs a device into a machine; one that is there already stays. Rejects with `QmpError` in QEMU's words. */
export async function plugDevice(qmp: QmpSession, device: QmpDevice, bus: string | undefined): Promise<void> {
  if (await hasDevice(qmp, device)) return;
  for (const { execute, arguments: args } of device.attach)
    await qmp.execute(execute, execute === 'device_add' && bus !== undefined ? { ...args, bus } : args);
}

/**
 * Pulls a device out of a machine and waits until it is gone, which its guest has a say in. Rejects with `QmpError` when
 * it is still there at the end of the patience; one that is not there is done.
 */
export async function unplugDevice(qmp: QmpSession, device: QmpDevice, patienceMs: number): Promise<void> {
  if (!(await hasDevice(qmp, device))) return;
  const signal = AbortSignal.timeout(patienceMs);
  for (const { execute, arguments: args } of device.detach) {
    await qmp.execute(execute, args).catch((error: unknown) => {
      // It was asked for before and its guest has not answered yet.
      if (!(error instanceof QmpError) || !/process of unplug/.test(error.message)) throw error;
    });
    if (execute === 'device_del') await gone(qmp, device, signal);
  }
}

async function gone(qmp: QmpSession, { id }: QmpDevice, signal: AbortSignal): Promise<void> {
  await qmp.deviceEvent('DEVICE_DELETED', id, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    throw new QmpError(
      `its guest has not let go of ${id}; nothing was detached: ask again, with more --timeout, or when the guest runs`,
    );
  });
}

async function hasDevice(qmp: QmpSession, { id }: QmpDevice): Promise<boolean> {
  const found = Peripherals.parse(await qmp.execute('qom-list', { path: '/machine/peripheral' }));
  return found.some(({ name }) => name === id);
}
