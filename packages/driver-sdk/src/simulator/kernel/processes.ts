import { posix } from 'node:path';
import type { SimulatedProcess } from '../simulation-state.ts';
import { requireCard } from './find-card.ts';
import { findFunction } from './find-function.ts';
import type { Kernel } from './kernel.ts';
import { instanceNode } from './nvidia-instances.ts';

/** Something takes hold of a function or mediated device: a process of that command, or who knows what. */
export function hold(kernel: Kernel, holds: string, command: string | undefined): void {
  if (command === undefined) kernel.update({ held: [...new Set([...kernel.state.held, holds])] });
  else startProcess(kernel, { pid: freePid(kernel, 4200), command, holds });
}

/** Whatever holds it lets it go. */
export function letGo(kernel: Kernel, holds: string): void {
  kernel.update({ held: kernel.state.held.filter((held) => held !== holds) });
  endProcesses(kernel, (process) => process.holds === holds);
}

/** Starts a process that opens the nodes of what it holds, as `/proc/<pid>` then shows (proc(5)). */
export function startProcess(kernel: Kernel, process: SimulatedProcess): void {
  const { tree, state } = kernel;
  const directory = `/proc/${process.pid}`;
  kernel.update({ processes: [...state.processes.filter(({ pid }) => pid !== process.pid), process] });
  tree.write(`${directory}/comm`, `${posix.basename(process.command.split(' ')[0] ?? '').slice(0, 15)}\n`);
  tree.write(`${directory}/cmdline`, `${process.command.split(' ').join('\0')}\0`);
  tree.directory(`${directory}/fd`);
  for (const [index, node] of nodesOf(kernel, process.holds).entries())
    tree.link(`${directory}/fd/${3 + index}`, node);
}

/** Ends the processes that fit. */
export function endProcesses(kernel: Kernel, fits: (process: SimulatedProcess) => boolean): void {
  const { processes } = kernel.state;
  for (const { pid } of processes.filter(fits)) kernel.tree.remove(`/proc/${pid}`);
  kernel.update({ processes: processes.filter((process) => !fits(process)) });
}

/** The device nodes behind which a function or mediated device is at the moment. */
function nodesOf(kernel: Kernel, held: string): string[] {
  const { tree } = kernel;
  const [, address, instance] = /^(\S+) gi(\d+)$/.exec(held) ?? [];
  if (address !== undefined) return instanceNodes(kernel, address, Number(instance));
  const present = findFunction(kernel, held);
  const directory = present?.directory ?? tree.target(`/sys/bus/mdev/devices/${held}`);
  if (directory === undefined) return [];
  const own = Object.keys(present?.spec.whenBound.files ?? {}).filter(
    (path) => path.startsWith('/dev/') && tree.has(path),
  );
  // With its host driver it is not behind its group's node, though another function of the group may be.
  if (own.length > 0) return own;
  const group = tree.target(`${directory}/iommu_group`);
  const vfio = group === undefined ? [] : [`/dev/vfio/${posix.basename(group)}`];
  return vfio.filter((path) => tree.has(path));
}

function instanceNodes(kernel: Kernel, address: string, instance: number): string[] {
  const card = requireCard(kernel, address);
  const slice = card.slices.find(({ id }) => id === instance);
  return slice === undefined ? [] : [instanceNode(card, slice)];
}

/** The first process id that nobody has, from one on. */
export function freePid({ state }: Kernel, from: number): number {
  const taken = new Set(state.processes.map(({ pid }) => pid));
  let pid = from;
  while (taken.has(pid)) pid += 1;
  return pid;
}
