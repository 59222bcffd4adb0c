import { type DriverContext, isDriverError } from '@cyborgjs/driver-sdk';
import type { PlannedInstance } from './mig-plan.ts';
import { type MigInstance, type MigProfile, parseMigInstances, parseMigProfiles } from './mig-profile.ts';
import { nvidiaSmiPath, runNvidiaSmi } from './nvidia-smi.ts';

type ToolContext = Pick<DriverContext, 'sys' | 'signal'>;

/** Status of a list that has nothing in it: `No GPU instances found: Not Found`. */
const nothingFound = 6;

/** The profiles of one GPU on which MIG is on. */
export async function listMigProfiles(context: ToolContext, address: string): Promise<MigProfile[]> {
  const ask = (list: string): Promise<string> =>
    runNvidiaSmi(context, ['mig', '-i', address, list], { device: address, readOnly: true });
  return parseMigProfiles(await ask('-lgip'), await ask('-lgipp'));
}

/** The profiles of one GPU, or none where the tool does not tell them, as older ones do not while MIG is off. */
export async function findMigProfiles(context: ToolContext, address: string): Promise<MigProfile[]> {
  try {
    return await listMigProfiles(context, address);
  } catch (error) {
    if (context.signal.aborted || !isDriverError(error)) throw error;
    return [];
  }
}

/** The instances of one GPU; none also while MIG is off. */
export async function listMigInstances(context: ToolContext, address: string): Promise<MigInstance[]> {
  const args = ['mig', '-i', address, '-lgi'];
  const out = await runNvidiaSmi(context, args, { device: address, readOnly: true, accept: [nothingFound] });
  return parseMigInstances(out);
}

/** The instances of all GPUs in one run; undefined when the tool does not say. */
export async function listAllMigInstances({ sys, signal }: ToolContext): Promise<MigInstance[] | undefined> {
  const { code, out } = await sys.run(nvidiaSmiPath, ['mig', '-lgi'], { signal, readOnly: true });
  return code === 0 || code === nothingFound ? parseMigInstances(out) : undefined;
}

/** Makes an instance at its place. */
export async function createMigInstance(
  context: ToolContext,
  address: string,
  { profile, start }: PlannedInstance,
): Promise<void> {
  await runNvidiaSmi(context, ['mig', '-i', address, '-cgi', `${profile.id}:${start}`], { device: address });
}

export async function destroyMigInstance(context: ToolContext, address: string, id: number): Promise<void> {
  await runNvidiaSmi(context, ['mig', '-i', address, '-dgi', '-gi', `${id}`], { device: address });
}

/** Makes the one compute instance that takes all of a GPU instance. */
export async function createCompute(context: ToolContext, address: string, instance: number): Promise<void> {
  await runNvidiaSmi(context, ['mig', '-i', address, '-gi', `${instance}`, '-cci'], { device: address });
}

export async function destroyCompute(
  context: ToolContext,
  address: string,
  { instance, compute }: { readonly instance: number; readonly compute: number },
): Promise<void> {
  const args = ['mig', '-i', address, '-dci', '-gi', `${instance}`, '-ci', `${compute}`];
  await runNvidiaSmi(context, args, { device: address });
}

/** Turns MIG on or off; where the board owes a reset for that, it is on or off after `resetGpu`. */
export async function setMigMode(context: ToolContext, address: string, on: boolean): Promise<void> {
  await runNvidiaSmi(context, ['-i', address, '-mig', on ? '1' : '0'], { device: address });
}

export async function resetGpu(context: ToolContext, address: string): Promise<void> {
  await runNvidiaSmi(context, ['-i', address, '-r'], { device: address });
}
