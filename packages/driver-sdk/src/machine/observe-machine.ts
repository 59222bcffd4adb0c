import type { Machine, PortUse, RunResult } from '../machine.ts';

/** One use of the seam. Its `index` counts from 0 over all uses of the observed machine. */
export type SeamCall =
  | {
      readonly index: number;
      readonly verb: 'read' | 'readBytes' | 'list' | 'link' | 'resolve';
      readonly path: string;
    }
  | { readonly index: number; readonly verb: 'write'; readonly path: string; readonly text: string }
  | { readonly index: number; readonly verb: 'run'; readonly tool: string; readonly args: readonly string[] }
  | ({ readonly index: number; readonly verb: 'invoke' } & PortUse);

/** How one use of the seam ended. */
export type SeamOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown };

export interface SeamObserver {
  /** Before the machine is touched; a throw here is the call's failure and the machine stays untouched. */
  readonly before?: (call: SeamCall) => void | Promise<void>;
  /** After the machine was touched; a throw here is the call's failure although it took effect. */
  readonly after?: (call: SeamCall, outcome: SeamOutcome) => void | Promise<void>;
}

/** A machine that tells an observer of each call: for the audit line, for counting, for injected faults. */
export function observeMachine(machine: Machine, observer: SeamObserver): Machine {
  let calls = 0;
  const observe = async <Result>(call: SeamCall, work: () => Promise<Result>): Promise<Result> => {
    await observer.before?.(call);
    let value: Result;
    try {
      value = await work();
    } catch (error) {
      await observer.after?.(call, { ok: false, error });
      throw error;
    }
    await observer.after?.(call, { ok: true, value });
    return value;
  };
  return {
    read: (path) => observe({ index: calls++, verb: 'read', path }, () => machine.read(path)),
    readBytes: (path, part) =>
      observe({ index: calls++, verb: 'readBytes', path }, () => machine.readBytes(path, part)),
    list: (path) => observe({ index: calls++, verb: 'list', path }, () => machine.list(path)),
    link: (path) => observe({ index: calls++, verb: 'link', path }, () => machine.link(path)),
    resolve: (path) => observe({ index: calls++, verb: 'resolve', path }, () => machine.resolve(path)),
    write: (path, text) =>
      observe({ index: calls++, verb: 'write', path, text }, () => machine.write(path, text)),
    run: (tool, args, options): Promise<RunResult> =>
      observe({ index: calls++, verb: 'run', tool, args }, () => machine.run(tool, args, options)),
    invoke: (use, options) =>
      observe({ index: calls++, verb: 'invoke', ...use }, () => machine.invoke(use, options)),
  };
}

/** A use of the seam in words: `write "0000:83:00.0\n" to /sys/…`. */
export function describeSeamCall(call: SeamCall): string {
  switch (call.verb) {
    case 'write':
      return `write ${JSON.stringify(call.text)} to ${call.path}`;
    case 'run':
      return `run ${[call.tool, ...call.args].join(' ')}`;
    case 'invoke':
      return `call ${call.port}.${call.method} ${JSON.stringify(call.argument)}`;
    default:
      return `${call.verb} ${call.path}`;
  }
}
