import type { Operation } from '@cyborgjs/core';
import { plainPaint } from '../render/paint.ts';
import { changeLine, endLine, progressLine, type Watched } from '../render/progress-line.ts';
import type { CommandContext } from './command-context.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { InterruptedError } from './interrupted-error.ts';
import { runBounded } from './run-bounded.ts';
import type { Terminal } from './terminal.ts';

/** Each is looked at once a second: for many more the service would not answer so often. */
const watchedAtOnce = 32;

/**
 * Waits until all operations have ended, showing how far they are: in place on a terminal, as one line per change
 * elsewhere. Ctrl-C ends the waiting only.
 *
 * @throws InterruptedError that says how to take the waiting up again
 */
export async function watchOperations(
  context: CommandContext,
  watched: readonly Watched[],
): Promise<readonly Watched[]> {
  const progress = new Progress(context, watched);
  try {
    const ended = await runBounded(watched, watchedAtOnce, (one, at) =>
      waitForOne(context, { one, at, progress }),
    );
    progress.finish();
    return ended;
  } catch (error) {
    progress.finish();
    const open = progress.open();
    if (!context.signal.aborted) {
      noteHowToWait(context.terminal, open);
      throw error;
    }
    const goOn = open.length === 1 ? 'the operation goes on' : `${open.length} operations go on`;
    throw new InterruptedError(`stopped waiting; ${goOn}. To wait again: ${watchCommand(open)}`);
  }
}

/** Says how to wait for operations that were only begun. */
export function noteHowToWait(terminal: Terminal, open: readonly Operation[]): void {
  if (open.length > 0) terminal.note(`To wait: ${watchCommand(open)}`);
}

/** Tells of those that failed; what the command ends with then. */
export function tellFailures(terminal: Terminal, ended: readonly Watched[]): ExitCode {
  for (const one of ended) if (one.operation.state === 'failed') terminal.fault(endLine(one, plainPaint));
  return ended.every(({ operation }) => operation.state === 'succeeded') ? exitCode.ok : exitCode.failed;
}

const watchCommand = (operations: readonly Operation[]): string =>
  ['cyborg operation watch', ...operations.map(({ id }) => id)].join(' ');

interface WaitForOne {
  readonly one: Watched;
  readonly at: number;
  readonly progress: Progress;
}

async function waitForOne({ client, signal }: CommandContext, { one, at, progress }: WaitForOne) {
  const operation = await client.operations.wait(one.operation.id, {
    signal,
    onChange: (seen) => progress.saw(at, seen),
    onTrouble: (error) => progress.troubled(error),
  });
  return { ...one, operation };
}

/** What is known of operations that are waited for, and its picture. */
class Progress {
  readonly #context: CommandContext;
  readonly #watched: Watched[];
  #trouble: string | undefined;

  constructor(context: CommandContext, watched: readonly Watched[]) {
    this.#context = context;
    this.#watched = [...watched];
    this.#draw();
  }

  saw(at: number, operation: Operation): void {
    const one = this.#watched[at];
    if (one === undefined) return;
    this.#trouble = undefined;
    const now = { ...one, operation };
    this.#watched[at] = now;
    // The end of the only one is told by the command itself.
    const isLast = operation.endedAt !== null && this.#watched.length === 1;
    if (this.#context.live !== undefined) this.#draw();
    else if (!isLast && changeLine(now) !== changeLine(one)) this.#context.terminal.note(changeLine(now));
  }

  /** Says once, not with every failed look, that the service is away. */
  troubled(error: Error): void {
    const isNew = this.#trouble === undefined;
    this.#trouble = `still waiting: ${error.message}`;
    if (this.#context.live !== undefined) this.#draw();
    else if (isNew) this.#context.terminal.note(this.#trouble);
  }

  /** Those that have not ended as far as is known. */
  open(): readonly Operation[] {
    return this.#watched.map(({ operation }) => operation).filter(({ endedAt }) => endedAt === null);
  }

  finish(): void {
    this.#context.live?.clear();
  }

  #draw(): void {
    const { live } = this.#context;
    if (live === undefined) return;
    const lines = this.#watched.map((one) => progressLine(one, live.width));
    live.draw(this.#trouble === undefined ? lines : [...lines, this.#trouble.slice(0, live.width)]);
  }
}
