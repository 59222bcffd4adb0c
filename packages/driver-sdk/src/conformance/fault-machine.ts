import { driverErrorFromErrno } from '../machine/driver-error-from-errno.ts';
import type { SeamCall } from '../machine/observe-machine.ts';
import type { Machine } from '../machine.ts';

/** What happens instead of, or around, one use of the seam. */
export type Fault =
  /** It fails without effect, as this errno would. */
  | { readonly kind: 'error'; readonly errno: string }
  /** It answers this; the machine is not asked. */
  | { readonly kind: 'answer'; readonly value: unknown }
  /** It takes effect, yet is reported as failed. */
  | { readonly kind: 'applied-but-failed' }
  /** The driver's process dies before, or after, it took effect. */
  | { readonly kind: 'crash-before' }
  | { readonly kind: 'crash-after' }
  /** It never returns, and the deadline of the verb call passes. */
  | { readonly kind: 'hang' }
  /** It never returns, and the caller cancels the verb call. */
  | { readonly kind: 'cancel' };

/** Decides what happens to a use of the seam; undefined lets it pass. */
export type FaultPlan = (call: SeamCall) => Fault | undefined;

/** What a fault can do to the verb call that it happens in. */
export interface CallControl {
  readonly crash: () => void;
  readonly cancel: () => void;
  readonly expire: () => void;
  /** Rejects once the verb call is aborted, as every use of the seam under way then does. */
  readonly aborted: Promise<never>;
}

interface FaultMachineInit {
  readonly plan: FaultPlan;
  readonly control: CallControl;
  /** Receives every use in order, faulted or not. */
  readonly calls: SeamCall[];
}

/** A machine in between that records every use of the seam and makes the planned ones go wrong. */
export function createFaultMachine(inner: Machine, { plan, control, calls }: FaultMachineInit): Machine {
  const use = <Result>(call: SeamCall, perform: () => Promise<Result>): Promise<Result> => {
    calls.push(call);
    const fault = plan(call);
    if (fault === undefined) return Promise.race([perform(), control.aborted]);
    return applyFault(fault, call, { perform, control }) as Promise<Result>;
  };
  const next = (): number => calls.length;
  return {
    read: (path) => use({ index: next(), verb: 'read', path }, () => inner.read(path)),
    readBytes: (path) => use({ index: next(), verb: 'readBytes', path }, () => inner.readBytes(path)),
    list: (path) => use({ index: next(), verb: 'list', path }, () => inner.list(path)),
    link: (path) => use({ index: next(), verb: 'link', path }, () => inner.link(path)),
    resolve: (path) => use({ index: next(), verb: 'resolve', path }, () => inner.resolve(path)),
    write: (path, text) => use({ index: next(), verb: 'write', path, text }, () => inner.write(path, text)),
    run: (tool, args, options) =>
      use({ index: next(), verb: 'run', tool, args }, () => inner.run(tool, args, options)),
  };
}

interface FaultedUse {
  readonly perform: () => Promise<unknown>;
  readonly control: CallControl;
}

async function applyFault(fault: Fault, call: SeamCall, { perform, control }: FaultedUse): Promise<unknown> {
  switch (fault.kind) {
    case 'error':
      return failAs(fault.errno, call);
    case 'answer':
      return fault.value;
    case 'applied-but-failed':
      await perform();
      return failAs('EIO', call);
    case 'crash-before':
      control.crash();
      return new Promise(() => {});
    case 'crash-after':
      await perform();
      control.crash();
      return new Promise(() => {});
    case 'hang':
      control.expire();
      return control.aborted;
    case 'cancel':
      control.cancel();
      return control.aborted;
  }
}

/** Where a use of the seam goes: its path, or its tool. */
export const targetOf = (call: SeamCall): string => (call.verb === 'run' ? call.tool : call.path);

/** Whether a use of the seam changes the machine. */
export const isMutation = (call: SeamCall): boolean => call.verb === 'write';

/** A use of the seam in words: `call 12, write "0000:83:00.0\n" to /sys/…`. */
export function describeCall(call: SeamCall): string {
  const place = `call ${call.index + 1}`;
  if (call.verb === 'write') return `${place}, write ${JSON.stringify(call.text)} to ${call.path}`;
  if (call.verb === 'run') return `${place}, run ${[call.tool, ...call.args].join(' ').slice(0, 120)}`;
  return `${place}, ${call.verb} ${call.path}`;
}

/** Absence is no error of a read: there it answers undefined, as the seam says. */
function failAs(errno: string, call: SeamCall): undefined {
  const isRead = call.verb !== 'write' && call.verb !== 'run';
  if (isRead && errno === 'ENOENT') return undefined;
  const systemError = Object.assign(new Error(`${errno}: made by the conformance kit`), { code: errno });
  throw driverErrorFromErrno(systemError, {
    doing: call.verb,
    path: targetOf(call),
    write: call.verb === 'write',
  });
}
