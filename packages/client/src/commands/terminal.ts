import { isCyborgApiError } from '../cyborg-api-error.ts';
import { paintFor } from '../render/paint.ts';
import type { View } from '../render/view.ts';

/** In which form answers are wanted. */
export type OutputForm = 'text' | 'json' | 'quiet';

/** Where answers and remarks go. Answers are for standard output, everything else for standard error. */
export interface Terminal {
  readonly form: OutputForm;
  /** Prints an answer; with `--json` at most one may be given. */
  show(view: View): void;
  /** An answer as it would be printed, for those who draw it themselves. */
  render(view: View): string;
  /** A remark for people; silent with `--quiet`. */
  note(text: string): void;
  /** What went wrong, on one line; never silent. With `--debug` it is followed by where the error came from. */
  fault(text: string, error?: unknown): void;
}

/** Whether somebody can be asked something and see the answer that was given before. */
export function isAnswerable({ form }: Terminal): boolean {
  return process.stdin.isTTY && process.stdout.isTTY && form === 'text';
}

interface TerminalInit {
  readonly form: OutputForm;
  readonly debug: boolean;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly now: () => number;
}

/** A terminal on two streams, which may as well be files or pipes. */
export function createTerminal({ form, debug, stdout, stderr, now }: TerminalInit): Terminal {
  const note = (text: string) => {
    if (form !== 'quiet') stderr.write(`${text}\n`);
  };
  return {
    form,
    note,
    fault(text, error) {
      stderr.write(`${paintFor(stderr)('bad', 'error')}: ${text}\n`);
      if (debug && error !== undefined) stderr.write(`${paintFor(stderr)('faint', originOf(error))}\n`);
    },
    render: (view) => printed(view, { form, stdout, now }),
    show(view) {
      const text = printed(view, { form, stdout, now });
      if (text !== '') stdout.write(`${text}\n`);
      if (form === 'text') for (const remark of view.notes ?? []) note(remark);
    },
  };
}

function printed(view: View, { form, stdout, now }: Pick<TerminalInit, 'form' | 'stdout' | 'now'>): string {
  if (form === 'json') return JSON.stringify(view.json, undefined, 2);
  if (form === 'quiet') return view.names.join('\n');
  const width = stdout.isTTY ? stdout.columns || 80 : undefined;
  return view.text({ width, paint: paintFor(stdout), now: now() });
}

function originOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return isCyborgApiError(error) ? `request id: ${error.requestId}\n${stack}` : stack;
}
