import { type DriverContext, DriverError } from '@cyborgjs/driver-sdk';

type LockContext = Pick<DriverContext, 'sys' | 'pause'>;

/** Pauses before the next try: what opened the GPU may be a monitor that is done in a moment. */
const pausesMs = [0, 100, 300];

const lockPath = (address: string): string => `/proc/driver/nvidia/gpus/${address}/unbindLock`;

/**
 * Keeps everybody on the host from opening a GPU, which NVIDIA's kernel module only does while nobody has it open:
 * without that, unbinding would wait for them without an end (open-gpu-kernel-modules: nv-procfs.c).
 *
 * @returns false where the module has no such lock
 * @throws `busy` when somebody has the GPU open
 */
export async function takeUnbindLock({ sys, pause }: LockContext, address: string): Promise<boolean> {
  const path = lockPath(address);
  if ((await sys.read(path)) === undefined) return false;
  for (const pauseMs of pausesMs) {
    if (pauseMs > 0) await pause(pauseMs);
    await sys.write(path, '1');
    if ((await sys.read(path))?.trim() === '1') return true;
  }
  throw new DriverError('busy', `GPU ${address} is in use on the host`, {
    device: address,
    hint: `End what uses it: "fuser -v" on its /dev/nvidia node names it. The persistence daemon lets it go with "nvidia-smi -i ${address} -pm 0".`,
  });
}

/** Lets the host open a GPU again that was locked. */
export async function giveUnbindLockBack({ sys }: Pick<LockContext, 'sys'>, address: string): Promise<void> {
  const path = lockPath(address);
  await sys.write(path, '0');
  if ((await sys.read(path))?.trim() !== '1') return;
  throw new DriverError('hardware', `GPU ${address} stays locked for the host`, {
    device: address,
    hint: `Write 0 to ${path}.`,
  });
}

/** Whether a GPU is locked for the host: not when its driver does not have it. */
export async function isUnbindLocked({ sys }: Pick<LockContext, 'sys'>, address: string): Promise<boolean> {
  return (await sys.read(lockPath(address)))?.trim() === '1';
}
