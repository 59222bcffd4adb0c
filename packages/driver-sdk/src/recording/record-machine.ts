import { DriverError, toDriverFailure } from '../driver-error.ts';
import { errnoOf } from '../machine/driver-error-from-errno.ts';
import { observeMachine, type SeamCall, type SeamOutcome } from '../machine/observe-machine.ts';
import { partOf } from '../machine/part-of.ts';
import type { Machine, RunResult } from '../machine.ts';
import type { RecordedInvoke, RecordedPath, RecordedRun, Recording } from './recording.ts';

interface MachineRecorder {
  /** The machine, watched. It cannot be written to: `denied`. */
  readonly machine: Machine;
  /** What it answered so far. */
  taken(): Pick<Recording, 'paths' | 'runs' | 'invokes'>;
}

/** A machine that remembers what it was asked and what it answered, and lets nothing be changed. */
export function recordMachine(machine: Machine): MachineRecorder {
  const paths: Record<string, RecordedPath> = {};
  const runs: RecordedRun[] = [];
  const invokes: RecordedInvoke[] = [];
  const note = (call: SeamCall, outcome: SeamOutcome): void => {
    if (call.verb === 'write') return;
    if (call.verb === 'invoke') invokes.push(invokeOf(call, outcome));
    else if (call.verb === 'run')
      runs.push({ tool: call.tool, args: [...call.args], result: resultOf(outcome) });
    else paths[call.path] = { ...paths[call.path], [call.verb]: answerOf(outcome) };
  };
  const refuse = (call: SeamCall): void => {
    if (call.verb === 'write' || (call.verb === 'invoke' && call.writes))
      throw new DriverError('denied', 'nothing is written while a machine is recorded');
  };
  const noted = observeMachine(machine, { before: refuse, after: note });
  return {
    // A recording has files whole, whatever part was asked for.
    machine: { ...noted, readBytes: async (path, part) => partOf(await noted.readBytes(path), part) },
    taken: () => ({
      paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
      runs: [...runs],
      ...(invokes.length === 0 ? {} : { invokes: [...invokes] }),
    }),
  };
}

function answerOf(outcome: SeamOutcome) {
  if (!outcome.ok) return failureOf(outcome.error);
  const { value } = outcome;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return (value ?? null) as string | null;
}

function resultOf(outcome: SeamOutcome): RecordedRun['result'] {
  if (!outcome.ok) return failureOf(outcome.error);
  const { code, out, err } = outcome.value as RunResult;
  return { code, out, err };
}

function invokeOf(
  { port, method, argument }: Extract<SeamCall, { verb: 'invoke' }>,
  outcome: SeamOutcome,
): RecordedInvoke {
  const asked = { port, method, argument: argument as RecordedInvoke['argument'] };
  if (!outcome.ok) return { ...asked, result: { failure: toDriverFailure(outcome.error).code } };
  const value = (outcome.value ?? null) as RecordedInvoke['argument'];
  return { ...asked, result: { value } };
}

/** What has no errno of its own, such as output beyond the limit, is kept as a plain failure of the device. */
const failureOf = (error: unknown): { errno: string } => ({ errno: errnoOf(error) ?? 'EIO' });
