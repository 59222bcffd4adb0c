import { driverErrorFromErrno } from '../machine/driver-error-from-errno.ts';
import { describeSeamCall, type SeamCall } from '../machine/observe-machine.ts';
import { cannotStart, tooLoud } from '../machine/tool-errors.ts';
import { usualMaxOutputBytes } from '../machine/tool-process.ts';
import { libraryFailed } from '../machine/with-libraries.ts';
import type { Machine, RunOptions, RunResult } from '../machine.ts';

/** One use of the seam as the kit sees it: with the options of a tool's run. */
export type SeamUse = SeamCall & { readonly options?: RunOptions };

/** What happens instead of, or around, one use of the seam. */
export type Fault =
  /** It fails without effect, as this errno would. */
  | { readonly kind: 'error'; readonly errno: string }
  /** It answers this; the machine is not asked. */
  | { readonly kind: 'answer'; readonly value: unknown }
  /** It takes effect, yet is reported as failed. */
  | { readonly kind: 'applied-but-failed' }
  /** The tool prints without an end, until it is stopped at the size that the driver allows it. */
  | { readonly kind: 'flood' }
  /** The driver's process dies before, or after, it took effect; or while a tool was half through. */
  | { readonly kind: 'crash-before' }
  | { readonly kind: 'crash-after' }
  | { readonly kind: 'crash-during' }
  /** It never returns, and the deadline of the verb call passes. */
  | { readonly kind: 'hang' }
  /** It never returns, and the caller cancels the verb call; in a critical section it goes on to its end. */
  | { readonly kind: 'cancel' };

/** Decides what happens to a use of the seam; undefined lets it pass. */
export type FaultPlan = (call: SeamUse) => Fault | undefined;

/** What a fault can do to the verb call that it happens in. */
export interface CallControl {
  readonly crash: () => void;
  /** Tells whether the call must be let go on, because it is in a critical section. */
  readonly cancel: () => 'aborted' | 'deferred';
  readonly expire: () => void;
  /** Rejects once the verb call is aborted, as every use of the seam under way then does. */
  readonly aborted: Promise<never>;
}

interface FaultMachineInit {
  readonly plan: FaultPlan;
  readonly control: CallControl;
  /** Receives every use in order, faulted or not. */
  readonly calls: SeamUse[];
}

/** Does what was asked for; a tool may be run with other options. */
type Perform = (changes?: RunOptions) => Promise<unknown>;

/** A machine in between that records every use of the seam and makes the planned ones go wrong. */
export function createFaultMachine(inner: Machine, { plan, control, calls }: FaultMachineInit): Machine {
  const use = <Result>(call: SeamUse, perform: Perform): Promise<Result> => {
    calls.push(call);
    const fault = plan(call);
    const work =
      fault === undefined
        ? Promise.race([perform(), control.aborted])
        : applyFault(fault, call, { perform, control });
    // A driver that does not wait for an answer must not take the kit down with it: its own process shows that.
    work.catch(() => {});
    return work as Promise<Result>;
  };
  const next = (): number => calls.length;
  return {
    read: (path) => use({ index: next(), verb: 'read', path }, () => inner.read(path)),
    readBytes: (path, part) =>
      use({ index: next(), verb: 'readBytes', path }, () => inner.readBytes(path, part)),
    list: (path) => use({ index: next(), verb: 'list', path }, () => inner.list(path)),
    link: (path) => use({ index: next(), verb: 'link', path }, () => inner.link(path)),
    resolve: (path) => use({ index: next(), verb: 'resolve', path }, () => inner.resolve(path)),
    write: (path, text) => use({ index: next(), verb: 'write', path, text }, () => inner.write(path, text)),
    run: (tool, args, options = {}) =>
      use({ index: next(), verb: 'run', tool, args, options }, (changes) =>
        inner.run(tool, args, { ...options, ...changes }),
      ),
    invoke: (asked, options) =>
      use({ index: next(), verb: 'invoke', ...asked }, () => inner.invoke(asked, options)),
  };
}

interface FaultedUse {
  readonly perform: Perform;
  readonly control: CallControl;
}

async function applyFault(fault: Fault, call: SeamUse, { perform, control }: FaultedUse): Promise<unknown> {
  switch (fault.kind) {
    case 'error':
      return failAs(fault.errno, call);
    case 'answer':
      return fault.value;
    case 'flood':
      return flood(call);
    case 'applied-but-failed':
      await perform();
      return failAs('EIO', call);
    case 'crash-before':
      return die(control);
    case 'crash-after':
      await perform();
      return die(control);
    case 'crash-during':
      await runHalf(perform);
      return die(control);
    case 'hang':
      control.expire();
      return control.aborted;
    case 'cancel':
      if (call.verb === 'run' && isMutation(call)) return cancelHalfWay(call, { perform, control });
      return control.cancel() === 'deferred' ? perform() : control.aborted;
  }
}

/** Nothing can be seen of a dead process: its use of the seam never returns. */
function die(control: CallControl): Promise<never> {
  control.crash();
  return new Promise(() => {});
}

/** Runs a tool and ends it at the first line that it prints. */
async function runHalf(perform: Perform): Promise<void> {
  const killed = new AbortController();
  const work = perform({ signal: killed.signal, onLine: () => killed.abort() });
  await work.catch(() => {});
}

/** Cancels the call at the first line that a tool prints; the tool is ended with the call, unless that must wait. */
async function cancelHalfWay(
  { options }: Extract<SeamUse, { verb: 'run' }>,
  { perform, control }: FaultedUse,
): Promise<unknown> {
  const killed = new AbortController();
  let effect: 'aborted' | 'deferred' | undefined;
  const cancel = (): void => {
    effect ??= control.cancel();
    if (effect === 'aborted') killed.abort();
  };
  const onLine = (line: string): void => {
    options?.onLine?.(line);
    cancel();
  };
  const work = perform({ signal: killed.signal, onLine });
  await work.catch(() => {});
  cancel();
  return effect === 'deferred' ? work : control.aborted;
}

/** The most that is really printed: what a driver allows beyond is found by the number alone. */
const floodBytes = 16 * 1024 * 1024;

/** What a tool that prints for ever comes to: its lines are told, and it is ended at the driver's limit. */
function flood(call: SeamUse): never {
  const { tool = '', options } = call.verb === 'run' ? call : {};
  const allowed = options?.maxOutputBytes ?? usualMaxOutputBytes;
  const line = 'y'.repeat(4095);
  for (let told = 0; told < Math.min(allowed, floodBytes); told += 4096) options?.onLine?.(line);
  throw tooLoud(tool, allowed);
}

/** Where a use of the seam goes: its path, its tool, or its library with what that is asked. */
export function targetOf(call: SeamCall): string {
  if (call.verb === 'run') return call.tool;
  return call.verb === 'invoke' ? describeSeamCall(call) : call.path;
}

/** Whether a use of the seam may change the machine: a write, or a tool or library that is not said to ask only. */
export function isMutation(call: SeamUse): boolean {
  if (call.verb === 'run') return call.options?.readOnly !== true;
  return call.verb === 'invoke' ? call.writes : call.verb === 'write';
}

/** A run that said nothing and ended well. */
export const emptyRun: RunResult = { code: 0, out: '', err: '' };

/** A use of the seam in words: `call 12, write "0000:83:00.0\n" to /sys/…`. */
export const describeCall = (call: SeamCall): string =>
  `call ${call.index + 1}, ${describeSeamCall(call).slice(0, 300)}`;

/** Absence is no error of a read: there it answers undefined, as the seam says. */
function failAs(errno: string, call: SeamCall): undefined {
  const systemError = Object.assign(new Error(`${errno}: made by the conformance kit`), { code: errno });
  if (call.verb === 'run') throw cannotStart(call.tool, systemError);
  if (call.verb === 'invoke') throw libraryFailed(call, systemError);
  if (call.verb !== 'write' && errno === 'ENOENT') return undefined;
  throw driverErrorFromErrno(systemError, {
    doing: call.verb,
    path: call.path,
    write: call.verb === 'write',
  });
}
