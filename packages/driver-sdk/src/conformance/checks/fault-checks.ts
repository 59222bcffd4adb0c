import type { CallOutcome } from '../call-driver.ts';
import type { Check } from '../check.ts';
import { emptyRun, type Fault, isMutation } from '../fault-machine.ts';
import { crashForReal } from './real-crashes.ts';
import { sweep } from './sweep.ts';

const errnos = ['EIO', 'ENOENT', 'EBUSY', 'ENODEV', 'ENOSPC'] as const;

/** A failure must be a `DriverError`; an answer is fine, the verb may have done without. */
function untyped(outcome: CallOutcome): string | undefined {
  if (outcome.kind === 'answered') return undefined;
  if (outcome.kind === 'failed' && outcome.typed && outcome.failure.code !== 'internal') return undefined;
  return 'expected an answer or a DriverError that says what to do';
}

/** An aborted call must end, with the abort's own code; what had to be waited for may also have come to its end. */
const mustEndWith =
  (code: string) =>
  (outcome: CallOutcome): string | undefined => {
    if (outcome.kind === 'failed' && outcome.failure.code === code) return undefined;
    if (outcome.kind === 'answered' && outcome.isDeferred) return undefined;
    return `expected it to fail with ${code}`;
  };

export const errorAtEachCall: Check = {
  id: 30,
  name: 'error-at-i',
  scope: 'fixture',
  holds:
    'Each use of the seam of attach, detach, install, uninstall and program fails once, with each errno that matters: a typed error, a true status, and the verb again or its opposite comes to the right end.',
  why: 'Kernels and cards refuse single steps; a driver that does not test each step leaves cards half attached.',
  run: (bench) =>
    sweep(bench, {
      // Single reads of sysfs fail in two ways that matter: not there, and not readable.
      faultsAt: (call) =>
        (isMutation(call) ? errnos : (['EIO', 'ENOENT'] as const)).map((errno) => ({ kind: 'error', errno })),
      complaint: untyped,
    }),
};

export const crashAtEachCall: Check = {
  id: 31,
  name: 'crash-around-i',
  scope: 'fixture',
  holds:
    'The process dies before, after and in the middle of each change: a new one says the truth and comes to the right end. Where the package is known, the process is really killed too, by SIGKILL, in attach, install and program.',
  why: 'A driver process is killed at any moment; what it left must be seen truly and finished or undone by a new one.',
  run: async (bench) => {
    await sweep(bench, {
      // A dead process leaves only the machine, and that is the same all the way from one change to the next.
      faultsAt: (call) =>
        isMutation(call)
          ? [
              { kind: 'crash-before' },
              { kind: 'crash-after' },
              ...(call.verb === 'run' ? ([{ kind: 'crash-during' }] as const) : []),
            ]
          : [],
      complaint: (outcome) =>
        outcome.kind === 'crashed'
          ? undefined
          : 'expected the call to stop there; it went on without the machine',
    });
    await crashForReal(bench);
  },
};

export const hangAtEachCall: Check = {
  id: 32,
  name: 'hang-at-i',
  scope: 'fixture',
  holds: 'Each use of the seam hangs once: the call ends as timeout, and then as in check 30.',
  why: 'Writes to unbind and tools can block for ever; a call that outlives its deadline blocks the device.',
  run: (bench) => sweep(bench, { faultsAt: () => [{ kind: 'hang' }], complaint: mustEndWith('timeout') }),
};

export const cancelAtEachCall: Check = {
  id: 33,
  name: 'cancel-at-i',
  scope: 'fixture',
  holds:
    'The call is cancelled at each use of the seam: it ends as canceled within a second, outside of critical sections, and then as in check 30.',
  why: 'An operator who cancels wants the device back at once, and in a state that can be used.',
  run: (bench) => sweep(bench, { faultsAt: () => [{ kind: 'cancel' }], complaint: mustEndWith('canceled') }),
};

export const partialWrite: Check = {
  id: 34,
  name: 'partial-write',
  scope: 'fixture',
  holds:
    'Each change is done and reported as failed, and the reverse: no verb answers that has not done its work, and then as in check 30.',
  why: 'The kernel may do what was asked and yet report an error, or report success and do nothing.',
  run: (bench) =>
    sweep(bench, {
      faultsAt: (call): readonly Fault[] =>
        isMutation(call)
          ? [
              { kind: 'applied-but-failed' },
              { kind: 'answer', value: call.verb === 'run' ? emptyRun : undefined },
            ]
          : [],
      complaint: untyped,
    }),
};

export const deniedAtEachWrite: Check = {
  id: 37,
  name: 'denied',
  scope: 'fixture',
  holds: 'Each change is denied once: denied, and then as in check 30.',
  why: 'An operator can only mend a missing permission that the message names.',
  run: (bench) =>
    sweep(bench, {
      faultsAt: (call): readonly Fault[] => (isMutation(call) ? [{ kind: 'error', errno: 'EACCES' }] : []),
      complaint: (outcome) =>
        outcome.kind === 'failed' && outcome.failure.code === 'denied'
          ? undefined
          : 'expected it to fail with denied',
    }),
};
