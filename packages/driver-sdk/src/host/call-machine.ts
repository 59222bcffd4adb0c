import type { CallPermissions } from '../machine/call-permissions.ts';
import { guardMachine } from '../machine/guard-machine.ts';
import { machinePath } from '../machine/machine-path.ts';
import { observeMachine } from '../machine/observe-machine.ts';
import type { Machine } from '../machine.ts';
import { untilAborted } from './keyed-queue.ts';

interface CallMachineOptions {
  /** The machine on the host's side, as it is for this call. */
  readonly remote: Machine;
  /** The machine to read from; undefined where all goes to the host. */
  readonly local: Machine | undefined;
  readonly permissions: CallPermissions;
  readonly signal: AbortSignal;
}

/**
 * The machine as one call of a driver gets it: reads from nearby where that is possible, what changes something
 * through the host, all of it ended with the call. The host guards what comes to it; reads are guarded here. An image is
 * read through the host: Node's permissions for the process cannot know where it lies.
 */
export function callMachine({ remote, local, permissions, signal }: CallMachineOptions): Machine {
  const guarded = local === undefined ? remote : guardMachine(local, permissions);
  const isImage = (path: string): boolean => permissions.images?.includes(machinePath(path)) === true;
  const bound = observeMachine(
    {
      ...guarded,
      readBytes: (path, part) => (isImage(path) ? remote : guarded).readBytes(path, part),
      write: remote.write,
      run: remote.run,
      invoke: (use, options) => (use.writes ? remote : guarded).invoke(use, options),
    },
    { before: () => signal.throwIfAborted() },
  );
  return {
    ...bound,
    run: (tool, args, options = {}) => {
      const signals = options.signal === undefined ? [signal] : [signal, options.signal];
      return bound.run(tool, args, { ...options, signal: AbortSignal.any(signals) });
    },
    // A library that changes something is waited for, as a write is: it must not go on behind another call.
    invoke: (use, options) => {
      const answer = bound.invoke(use, { signal, ...options });
      return use.writes ? answer : untilAborted(answer, signal);
    },
  };
}
