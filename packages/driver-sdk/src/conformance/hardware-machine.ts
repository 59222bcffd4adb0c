import { setTimeout as delay } from 'node:timers/promises';
import { DriverError } from '../driver-error.ts';
import { describeSeamCall, observeMachine, type SeamCall } from '../machine/observe-machine.ts';
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

/** Wraps a real machine: it notes what the driver looks at, so that before and after can be compared. */
export function createHardwareMachine({ machine, mayChange }: HardwareMachineOptions): HardwareMachine {
  const seen = new Map<string, () => Promise<unknown>>();
  let steady: ReadonlySet<string> | undefined;
  const look = async (): Promise<Map<string, string>> => {
    const state = new Map<string, string>();
    for (const [key, again] of seen) {
      if (steady !== undefined && !steady.has(key)) continue;
      const value = await again().catch(() => 'unreadable');
      if (value !== undefined) state.set(key, textOf(value));
    }
    return state;
  };
  return {
    machine: observeMachine(mayChange ? machine : unchanging(machine), {
      before: (call) => {
        const again = lookAgain(machine, call);
        if (again !== undefined) seen.set(describeSeamCall(call), again);
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

const unchanging = (machine: Machine): Machine => ({
  ...machine,
  write: async (path) => {
    throw refused(`write to ${path}`);
  },
  run: async (tool, args, options) => {
    if (options?.readOnly !== true) throw refused(`run ${tool}`);
    return machine.run(tool, args, options);
  },
  invoke: async (use, options) => {
    if (use.writes) throw refused(`call ${use.port}.${use.method}`);
    return machine.invoke(use, options);
  },
});

/** How to see the same once more; undefined for what may change something, and for tools. */
function lookAgain(machine: Machine, call: SeamCall): (() => Promise<unknown>) | undefined {
  if (call.verb === 'run' || call.verb === 'write') return undefined;
  if (call.verb !== 'invoke') return () => machine[call.verb](call.path);
  const { index: _index, verb: _verb, ...use } = call;
  return use.writes ? undefined : () => machine.invoke(use);
}

function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const refused = (what: string): DriverError =>
  new DriverError('denied', `without --destructive the kit does not let a driver ${what}`);
