import { setTimeout as delay } from 'node:timers/promises';
import { DriverError } from '../driver-error.ts';
import { observeMachine, type SeamCall } from '../machine/observe-machine.ts';
import type { Machine } from '../machine.ts';

/** A real machine that the kit may be let loose on, and what is known of it. */
export interface HardwareMachine {
  readonly machine: Machine;
  /** Everything that the driver has looked at and that does not change by itself, by path. */
  state(): Promise<ReadonlyMap<string, string>>;
  /** Looks which of the paths seen so far keep still; only those count from then on. */
  settle(): Promise<void>;
}

interface HardwareMachineOptions {
  readonly machine: Machine;
  /** False refuses every write, and every tool that is not said to ask only. */
  readonly mayChange: boolean;
}

/** How long the machine is watched for what changes by itself: counters, temperatures. */
const watchMs = 300;

type Look = Extract<SeamCall, { path: string }>['verb'];

/** Wraps a real machine: it notes what the driver looks at, so that before and after can be compared. */
export function createHardwareMachine({ machine, mayChange }: HardwareMachineOptions): HardwareMachine {
  const seen = new Map<string, { readonly verb: Look; readonly path: string }>();
  let steady: ReadonlySet<string> | undefined;
  const guarded: Machine = {
    ...machine,
    write: async (path, text) => {
      if (!mayChange) throw refused(`write to ${path}`);
      return machine.write(path, text);
    },
    run: async (tool, args, options) => {
      if (!mayChange && options?.readOnly !== true) throw refused(`run ${tool}`);
      return machine.run(tool, args, options);
    },
  };
  const look = async (): Promise<Map<string, string>> => {
    const state = new Map<string, string>();
    for (const [key, { verb, path }] of seen) {
      if (steady !== undefined && !steady.has(key)) continue;
      const value = verb === 'write' ? undefined : await machine[verb](path).catch(() => 'unreadable');
      if (value !== undefined)
        state.set(key, value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value));
    }
    return state;
  };
  return {
    machine: observeMachine(guarded, {
      before: (call) => {
        if (call.verb === 'run' || call.verb === 'write') return;
        seen.set(`${call.verb} ${call.path}`, { verb: call.verb, path: call.path });
      },
    }),
    state: look,
    settle: async () => {
      steady = undefined;
      const before = await look();
      await delay(watchMs);
      const after = await look();
      steady = new Set([...seen.keys()].filter((key) => before.get(key) === after.get(key)));
    },
  };
}

const refused = (what: string): DriverError =>
  new DriverError('denied', `without --destructive the kit does not let a driver ${what}`);
