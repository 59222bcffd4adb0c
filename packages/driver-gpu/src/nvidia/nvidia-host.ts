import type { DriverContext, PciFunction } from '@cyborgjs/driver-sdk';
import { isDriverError } from '@cyborgjs/driver-sdk';
import type { GpuConfig } from '../config.ts';
import { readXids } from './kernel-log.ts';
import type { MigInstance } from './mig-profile.ts';
import { listAllMigInstances } from './mig-tool.ts';
import { readNvidiaSmi, type SmiReading } from './nvidia-smi.ts';
import type { Xid } from './xid.ts';

/** Name of the kernel driver for which nvidia-smi and /proc/driver/nvidia speak. */
export const nvidiaKernelDriver = 'nvidia';

/** What NVIDIA's software says of all GPUs of the host: each tool is run once, however many there are. */
export interface NvidiaHost {
  readonly smi: SmiReading;
  /** Errors in the kernel log by place, `0000:83:00`. */
  readonly xids: ReadonlyMap<string, readonly Xid[]>;
  /** GPU instances of all GPUs on which MIG is on; undefined when they could not be read. */
  readonly instances: readonly MigInstance[] | undefined;
}

const silentHost: NvidiaHost = { smi: { kind: 'absent' }, xids: new Map(), instances: undefined };

/**
 * Asks NVIDIA's software about all GPUs, and only when it has one to speak of: without any it would load the kernel
 * module just to say so.
 */
export async function readNvidiaHost(
  context: DriverContext<GpuConfig>,
  functions: readonly PciFunction[],
): Promise<NvidiaHost> {
  if (!functions.some(({ driver }) => driver === nvidiaKernelDriver)) return silentHost;
  const { use, timeoutMs } = context.config.nvidiaSmi;
  const smi: SmiReading = use ? await readNvidiaSmi(context, { timeoutMs }) : { kind: 'absent' };
  const hasMig = smi.kind === 'report' && smi.report.gpus.some(({ mig }) => mig.current === true);
  return {
    smi,
    xids: context.config.kernelLog.use ? await readXids(context) : new Map(),
    instances: hasMig ? await readInstances(context) : undefined,
  };
}

async function readInstances(context: DriverContext<GpuConfig>): Promise<readonly MigInstance[] | undefined> {
  try {
    return await listAllMigInstances(context);
  } catch (error) {
    if (context.signal.aborted || !isDriverError(error)) throw error;
    context.log.warn('GPU instances cannot be read', { reason: error.message });
    return undefined;
  }
}
