import { type DriverContext, isDriverError } from '@cyborgjs/driver-sdk';
import { parseXids, type Xid } from './xid.ts';

const dmesgPath = '/usr/bin/dmesg';

/**
 * The errors of NVIDIA GPUs in the kernel log since boot, by place; none where the log cannot be read. It is read by
 * dmesg(1): reading /dev/kmsg itself does not end.
 */
export async function readXids({
  sys,
  signal,
  log,
}: Pick<DriverContext, 'sys' | 'signal' | 'log'>): Promise<ReadonlyMap<string, readonly Xid[]>> {
  try {
    const { code, out, err } = await sys.run(dmesgPath, ['--kernel'], {
      signal,
      timeoutMs: 10_000,
      maxOutputBytes: 16 * 2 ** 20,
      readOnly: true,
    });
    if (code === 0) return parseXids(out);
    log.warn('the kernel log cannot be read', { tool: dmesgPath, code, said: err.slice(0, 200) });
  } catch (error) {
    if (signal.aborted || !isDriverError(error)) throw error;
    log.warn('the kernel log cannot be read', { tool: dmesgPath, reason: error.message });
  }
  return new Map();
}
