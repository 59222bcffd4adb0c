import type { DriverContext } from '@cyborgjs/driver-sdk';
import { runNvidiaSmi } from './nvidia-smi.ts';

type PersistenceContext = Pick<DriverContext, 'sys' | 'signal'>;

/** Has the persistence daemon let a GPU go, where it runs. */
export async function releasePersistence(context: PersistenceContext, address: string): Promise<void> {
  if (!(await hasDaemon(context))) return;
  await runNvidiaSmi(context, ['-i', address, '-pm', '0'], { device: address });
}

/** Has the persistence daemon keep a GPU again that is back with the host, where it runs and does not yet. */
export async function restorePersistence(context: PersistenceContext, address: string): Promise<void> {
  if (!(await hasDaemon(context))) return;
  const query = ['-i', address, '--query-gpu=persistence_mode', '--format=csv,noheader'];
  const mode = await runNvidiaSmi(context, query, { device: address, readOnly: true });
  if (mode.trim() !== 'Disabled') return;
  await runNvidiaSmi(context, ['-i', address, '-pm', '1'], { device: address });
}

/** Whether the persistence daemon runs: it keeps every GPU open that it was not told to let go. */
async function hasDaemon({ sys }: PersistenceContext): Promise<boolean> {
  return ((await sys.list('/run/nvidia-persistenced')) ?? []).includes('socket');
}
