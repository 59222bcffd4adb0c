import { setTimeout as pause } from 'node:timers/promises';
import { mayPass } from '../may-pass.ts';
import type { View } from '../render/view.ts';
import type { CommandContext } from './command-context.ts';
import { describeError } from './describe-error.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { Screen } from './screen.ts';

interface KeepShowing {
  /** What stands at the top of a screen. */
  readonly title: string;
  readonly seconds: number;
  readonly look: () => Promise<View>;
}

/**
 * Looks again and again until somebody has seen enough: on a terminal in place, elsewhere whenever something has
 * changed, with `--json` one document on one line each time. A service that is away for a while, or has been asked too
 * much, is waited for.
 */
export async function keepShowing(context: CommandContext, wanted: KeepShowing): Promise<ExitCode> {
  const enough = new AbortController();
  const signal = AbortSignal.any([enough.signal, context.signal]);
  const { form } = context.terminal;
  const screen =
    process.stdout.isTTY && form === 'text'
      ? new Screen({ output: process.stdout, input: process.stdin }, () => enough.abort())
      : undefined;
  try {
    const show = screen === undefined ? changes(context) : drawing(context, screen, wanted);
    while (!signal.aborted) {
      show(await lookOrTrouble(wanted.look, signal));
      await pause(wanted.seconds * 1000, undefined, { signal }).catch(() => undefined);
    }
    return exitCode.ok;
  } catch (error) {
    if (signal.aborted) return exitCode.ok;
    throw error;
  } finally {
    screen?.close();
  }
}

/** What was seen, or why nothing was. */
type Look = { readonly view: View } | { readonly trouble: string };

async function lookOrTrouble(look: () => Promise<View>, signal: AbortSignal): Promise<Look> {
  try {
    return { view: await look() };
  } catch (error) {
    if (signal.aborted || !mayPass(error)) throw error;
    return { trouble: describeError(error).line };
  }
}

function drawing({ terminal }: CommandContext, screen: Screen, { title, seconds }: KeepShowing) {
  let body = '';
  return (look: Look): void => {
    if ('view' in look) body = [terminal.render(look.view), ...(look.view.notes ?? [])].join('\n');
    const time = new Date().toLocaleTimeString('en-GB');
    const head = `${title}, every ${seconds} s, q ends it; ${time}`;
    const trouble = 'trouble' in look ? `NOT UP TO DATE: ${look.trouble}\n` : '';
    screen.draw(`${head}\n${trouble}\n${body}`);
  };
}

function changes({ terminal }: CommandContext) {
  let last = '';
  return (look: Look): void => {
    if ('trouble' in look) {
      if (last !== look.trouble) terminal.note(`still waiting: ${look.trouble}`);
      last = look.trouble;
      return;
    }
    const text = terminal.form === 'json' ? JSON.stringify(look.view.json) : terminal.render(look.view);
    if (text !== last) process.stdout.write(`${text}\n`);
    last = text;
  };
}
