import type { RunResult } from '../../machine.ts';
import { requireCard, updateCard } from '../kernel/find-card.ts';
import { isHeld } from '../kernel/is-held.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { setMigState, setSlices } from '../kernel/nvidia-instances.ts';
import { setPersistence } from '../kernel/nvidia-persistence.ts';
import { busIdOf, type ListedGpu, optionValue } from './nvidia-gpus.ts';
import { printed } from './simulated-tool.ts';

/** `-pm`, `-mig` and `-r` of nvidia-smi; undefined when the arguments ask for none of them. */
export function changeSettings(
  kernel: Kernel,
  gpus: readonly ListedGpu[],
  args: readonly string[],
): RunResult | undefined {
  const persistence = optionValue(args, ['-pm', '--persistence-mode']);
  const mig = optionValue(args, ['-mig', '--multi-instance-gpu']);
  const isReset = args.includes('-r') || args.includes('--gpu-reset');
  if (persistence === undefined && mig === undefined && !isReset) return undefined;
  const results = gpus.map(({ address }) => {
    if (persistence !== undefined) return persist(kernel, address, persistence === '1');
    return mig === undefined ? resetGpu(kernel, address) : setMig(kernel, address, mig === '1');
  });
  const code = results.find((result) => result.code !== 0)?.code ?? 0;
  return printed(`${results.map(({ out }) => out).join('')}${code === 0 ? 'All done.\n' : ''}`, code);
}

function persist(kernel: Kernel, address: string, on: boolean): RunResult {
  setPersistence(kernel, address, on);
  return printed(`${on ? 'Enabled' : 'Disabled'} persistence mode for GPU ${busIdOf(address)}.\n`);
}

/** Turns MIG on or off. Ampere owes a reset for it, which is done here when nobody uses the GPU. */
function setMig(kernel: Kernel, address: string, on: boolean): RunResult {
  const card = requireCard(kernel, address);
  const bus = busIdOf(address);
  if (card.facts.migProfiles === '[]')
    return printed(
      `Unable to set MIG Mode for GPU ${bus}: Not Supported\nTreating as warning and moving on.\n`,
      3,
    );
  if (card.slices.length > 0)
    return printed(`Unable to set MIG Mode for GPU ${bus}: In use by another client\n`, 19);
  const state = on ? 'Enabled' : 'Disabled';
  const waits = isHeld(kernel.state, address);
  const now = waits ? (card.facts.mig ?? state) : state;
  setMigState(kernel, card, { mig: now, migPending: state });
  if (!waits) return printed(`${state} MIG Mode for GPU ${bus}\n`);
  return printed(
    `Warning: MIG mode is in pending ${on ? 'enable' : 'disable'} state for GPU ${bus}:In use by another client\n`,
  );
}

function resetGpu(kernel: Kernel, address: string): RunResult {
  const bus = busIdOf(address);
  if (isHeld(kernel.state, address))
    return printed(`The following GPUs could not be reset:\n  GPU ${bus}: In use by another client\n\n`, 19);
  setSlices(kernel, requireCard(kernel, address), []);
  const { migPending = '[N/A]' } = requireCard(kernel, address).facts;
  setMigState(kernel, requireCard(kernel, address), { mig: migPending, migPending });
  const card = requireCard(kernel, address);
  const health = card.health === 'sick' ? 'ok' : card.health;
  updateCard(kernel, card, { ...card, readings: {}, health });
  return printed(`GPU ${bus} was successfully reset.\n`);
}
