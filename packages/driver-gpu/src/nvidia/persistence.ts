import type { DriverContext } from '@cyborgjs/driver-sdk';
import { findDeviceUsers, usedBy } from '../device-users.ts';
import { runNvidiaSmi } from './nvidia-smi.ts';

type PersistenceContext = Pick<DriverContext, 'sys' | 'signal' | 'dryRun'>;

/** Has the persistence daemon let a GPU go, where it runs. */
export async function releasePersistence(context: PersistenceContext, address: string): Promise<void> {
  if (!(await hasDaemon(context))) return;
  await runNvidiaSmi(context, ['-i', address, '-pm', '0'], { device: address });
}

/**
 * Checks that nobody on the host has a GPU open that the persistence daemon was told to let go. In a dry run the
 * daemon still has it, and does not count.
 *
 * @throws `busy`, naming processes and their commands
 */
export async function requireLetGo(
  { sys, dryRun }: PersistenceContext,
  address: string,
  nodes: readonly string[],
): Promise<void> {
  const found = nodes.length === 0 ? [] : await findDeviceUsers(sys, nodes);
  const users = dryRun ? found.filter(({ command }) => !isDaemon(command)) : found;
  if (users.length > 0) throw usedBy(address, users);
}

const isDaemon = (command: string): boolean => /^(\S*\/)?nvidia-persistenced( |$)/.test(command);

/** Has the persistence daemon keep a GPU again, where it runs, without a look at whether it does. */
export async function keepPersistence(context: PersistenceContext, address: string): Promise<void> {
  if (!(await hasDaemon(context))) return;
  await runNvidiaSmi(context, ['-i', address, '-pm', '1'], { device: address });
}

/** Has the persistence daemon keep a GPU again that is back with the host, where it runs and does not yet. */
export async function restorePersistence(context: PersistenceContext, address: string): Promise<void> {
  if (!(await hasDaemon(context))) return;
  const query = ['-i', address, '--query-gpu=persistence_mode', '--format=csv,noheader'];
  const mode = await runNvidiaSmi(context, query, { device: address, readOnly: true });
  if (mode.trim() === 'Disabled') await keepPersistence(context, address);
}

/** Whether the persistence daemon runs: it keeps every GPU open that it was not told to let go. */
async function hasDaemon({ sys }: Pick<PersistenceContext, 'sys'>): Promise<boolean> {
  return ((await sys.list('/run/nvidia-persistenced')) ?? []).includes('socket');
}
