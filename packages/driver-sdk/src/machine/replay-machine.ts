import { isDeepStrictEqual } from 'node:util';
import { DriverError } from '../driver-error.ts';
import type { Machine } from '../machine.ts';
import type { RecordedInvoke, RecordedPath, Recording } from '../recording/recording.ts';
import { driverErrorFromErrno } from './driver-error-from-errno.ts';
import { machinePath } from './machine-path.ts';
import { partOf } from './part-of.ts';
import { cannotStart } from './tool-errors.ts';

interface ReplayOptions {
  /**
   * What to say of what was never asked while recording: `fail` (default) says that the recording has no answer,
   * `absent` that there is no such thing, for trials in which a driver is led astray on purpose.
   */
  readonly unrecorded?: 'fail' | 'absent';
}

/** A machine that answers as a recorded one did. It does not change: writes are `unsupported`. */
export function replayMachine(
  { paths, runs, invokes = [] }: Pick<Recording, 'paths' | 'runs' | 'invokes'>,
  { unrecorded = 'fail' }: ReplayOptions = {},
): Machine {
  const ask = async <Value extends string | readonly string[]>(
    verb: keyof RecordedPath,
    path: string,
    answerIn: (known: RecordedPath) => Value | RecordedFailure | null | undefined,
  ): Promise<Value | undefined> => {
    const clean = machinePath(path);
    const known = Object.hasOwn(paths, clean) ? paths[clean] : undefined;
    const answer = known === undefined ? undefined : answerIn(known);
    if (answer === undefined && unrecorded === 'fail') throw notRecorded(`${verb} of ${clean}`);
    if (answer === undefined || answer === null) return undefined;
    if (isFailure(answer)) throw failAs(answer.errno, verb, clean);
    return answer;
  };
  return {
    read: (path) => ask<string>('read', path, ({ read }) => read),
    readBytes: async (path, part) => {
      const bytes = await ask<string>('readBytes', path, ({ readBytes }) => readBytes);
      return bytes === undefined ? undefined : partOf(new Uint8Array(Buffer.from(bytes, 'base64')), part);
    },
    list: (path) => ask<string[]>('list', path, ({ list }) => list),
    link: (path) => ask<string>('link', path, ({ link }) => link),
    resolve: (path) => ask<string>('resolve', path, ({ resolve }) => resolve),
    write: async (path) => {
      throw unchanging(`write to ${path}`);
    },
    run: async (tool, args, { onLine } = {}) => {
      const run = runs.find((other) => other.tool === tool && other.args.join('\0') === args.join('\0'));
      if (run === undefined && unrecorded === 'absent') throw failAs('ENOENT', 'run', tool);
      if (run === undefined) throw notRecorded(`run of ${[tool, ...args].join(' ')}`);
      if ('errno' in run.result) throw failAs(run.result.errno, 'run', tool);
      for (const line of run.result.out.split('\n').slice(0, -1)) onLine?.(line);
      return run.result;
    },
    invoke: replayInvokes(invokes, unrecorded),
  };
}

function replayInvokes(
  invokes: readonly RecordedInvoke[],
  unrecorded: ReplayOptions['unrecorded'],
): Machine['invoke'] {
  return async ({ port, method, argument, writes }) => {
    const what = `${port}.${method}`;
    if (writes) throw unchanging(`call ${what}`);
    const invoked = invokes.find(
      (other) =>
        other.port === port && other.method === method && isDeepStrictEqual(other.argument, argument),
    );
    if (invoked === undefined && unrecorded === 'fail')
      throw notRecorded(`call of ${what} ${JSON.stringify(argument)}`);
    const { result } = invoked ?? { result: { failure: 'not_found' } as const };
    if ('value' in result) return result.value;
    throw new DriverError(result.failure, `${what} failed, as recorded`);
  };
}

interface RecordedFailure {
  readonly errno: string;
}

const isFailure = (answer: unknown): answer is RecordedFailure =>
  typeof answer === 'object' && answer !== null && 'errno' in answer;

function unchanging(what: string): DriverError {
  return new DriverError('unsupported', `a recording does not change: cannot ${what}`, {
    hint: 'Try what changes a machine on the simulator.',
  });
}

function notRecorded(what: string): DriverError {
  return new DriverError('unavailable', `the recording has no answer for a ${what}`, {
    retry: 'never',
    hint: 'Record the machine again with this version of the driver.',
  });
}

function failAs(errno: string, doing: string, path: string): DriverError {
  const error = Object.assign(new Error(`${errno}, as recorded`), { code: errno });
  return doing === 'run' ? cannotStart(path, error) : driverErrorFromErrno(error, { doing, path });
}
