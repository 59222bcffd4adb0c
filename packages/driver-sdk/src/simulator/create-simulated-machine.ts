import { setTimeout as delay } from 'node:timers/promises';
import { createRealMachine, requireText } from '../machine/create-real-machine.ts';
import { driverErrorFromErrno } from '../machine/driver-error-from-errno.ts';
import { machinePath } from '../machine/machine-path.ts';
import { noLibrary } from '../machine/with-libraries.ts';
import type { Machine } from '../machine.ts';
import { watchFaults } from './faults.ts';
import { enterKernel, KernelBlocked, KernelError } from './kernel/kernel.ts';
import { writeAttribute } from './kernel/write-attribute.ts';
import { runSimulatedTool } from './tools/run-simulated-tool.ts';
import { settleTree } from './tree/change-tree.ts';
import type { TreeChanges } from './tree/tree-draft.ts';

const blockedPauseMs = 20;

export interface SimulatedMachineOptions {
  /** Directory in which it was built. */
  readonly root: string;
  /** Ends writes that block until a device is let go, as the end of the writing process would. */
  readonly signal?: AbortSignal;
  /** Whether it is only looked at, by a process that may not write: it then waits for nobody's changes. */
  readonly readOnly?: boolean;
  /** Told what each of its writes and tools has changed. */
  readonly onChanges?: (changes: TreeChanges) => void;
}

/**
 * A machine whose hardware is made up: the files below `root`, as `buildMachine` left them, and a kernel that does
 * to them what a real one would when they are written to. Its state is in those files: any number of processes
 * can use one machine, and any of them can be killed.
 */
export function createSimulatedMachine(options: SimulatedMachineOptions): Machine {
  const { root, signal, readOnly = false, onChanges } = options;
  if (!readOnly) settleTree(root);
  const files = createRealMachine({ root });
  const faults = watchFaults(root);

  const reading = async <Result>(
    path: string,
    work: () => Promise<Result | undefined>,
  ): Promise<Result | undefined> => {
    const { reads } = faults();
    // Without faults it is read before this returns, so that no write can come in between.
    if (Object.keys(reads).length === 0) return work();
    const errno = await faultAt(files, reads, path);
    if (errno === undefined) return work();
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw driverErrorFromErrno(new KernelError(errno, 'simulated'), { doing: 'read', path });
  };
  return {
    read: (path) => reading(path, () => files.read(path)),
    readBytes: (path, part) => reading(path, () => files.readBytes(path, part)),
    list: (path) => reading(path, () => files.list(path)),
    link: (path) => reading(path, () => files.link(path)),
    resolve: (path) => reading(path, () => files.resolve(path)),
    write: async (path, text) => {
      requireText(path, text);
      try {
        const { writes } = faults();
        const errno = Object.keys(writes).length === 0 ? undefined : await faultAt(files, writes, path);
        if (errno !== undefined) throw new KernelError(errno, 'simulated');
        const real = await files.resolve(path);
        if (real === undefined) throw new KernelError('ENOENT', 'no such file');
        await writeWhenReleased(
          () => enterKernel(root, (kernel) => writeAttribute(kernel, real, text), onChanges),
          signal,
        );
      } catch (error) {
        if (!(error instanceof KernelError)) throw error;
        const doing = `write ${JSON.stringify(text.slice(0, 80))} to`;
        throw driverErrorFromErrno(error, { doing, path, write: true });
      }
    },
    run: (tool, args, options = {}) => runSimulatedTool(root, { tool, args, options, onChanges }),
    invoke: noLibrary,
  };
}

/** A write that blocks returns when the device is let go, as in the kernel: nothing can cut it short. */
async function writeWhenReleased(write: () => void, signal: AbortSignal | undefined): Promise<void> {
  for (;;) {
    if (signal?.aborted === true) throw new KernelError('EINTR', 'the writer is gone');
    try {
      return write();
    } catch (error) {
      if (!(error instanceof KernelBlocked)) throw error;
      await delay(blockedPauseMs);
    }
  }
}

async function faultAt(
  files: Machine,
  faults: Readonly<Record<string, string>>,
  path: string,
): Promise<string | undefined> {
  const asked = machinePath(path);
  return faults[asked] ?? faults[await realPath(files, asked)];
}

/** The path without links above its last segment: a fault of a link is of the link itself. */
async function realPath(files: Machine, path: string): Promise<string> {
  const cut = path.lastIndexOf('/');
  const above = await files.resolve(path.slice(0, cut) || '/');
  return above === undefined ? path : `${above}${path.slice(cut)}`;
}
