import { requireCard, updateCard } from './find-card.ts';
import type { Kernel } from './kernel.ts';
import { endProcesses, freePid, startProcess } from './processes.ts';

const daemon = '/usr/bin/nvidia-persistenced';
const firstPid = 801;

/** Turns persistence of a GPU on or off; where the daemon runs, it keeps the GPU open while it is on. */
export function setPersistence(kernel: Kernel, address: string, on: boolean): void {
  const card = requireCard(kernel, address);
  const persistence = on ? 'Enabled' : 'Disabled';
  if (card.facts.persistence !== persistence)
    updateCard(kernel, card, { ...card, facts: { ...card.facts, persistence } });
  if (!kernel.tree.has('/run/nvidia-persistenced/socket')) return;
  endProcesses(kernel, ({ holds, command }) => holds === address && command === daemon);
  if (on) startProcess(kernel, { pid: freePid(kernel, firstPid), command: daemon, holds: address });
}
