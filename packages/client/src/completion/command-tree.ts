import type { Command, Option } from 'commander';

/** A word that may be written, with what it means. */
export interface CompletedWord {
  readonly word: string;
  readonly meaning: string;
}

/** An option as shells need to know it. */
export interface CompletedOption {
  /** Every way to write it: `-q`, `--quiet`. */
  readonly names: readonly string[];
  readonly meaning: string;
  /** Whether a word must follow it. */
  readonly takesWord: boolean;
  /** The words that may follow it; none when it is any. */
  readonly choices: readonly string[];
  /** Whether that word is the name of a file. */
  readonly isFile: boolean;
}

/** One command with all that may come after it. */
export interface CompletedCommand {
  /** Names from the program down, without the program: `['device', 'list']`. */
  readonly path: readonly string[];
  /** Commands below it, and words that its arguments may be. */
  readonly words: readonly CompletedWord[];
  /** Its own options and those of the commands above it. */
  readonly options: readonly CompletedOption[];
}

/** A program and everything below it, parents before children. */
export function listCommands(
  command: Command,
  path: readonly string[] = [],
  inherited: readonly CompletedOption[] = [],
): CompletedCommand[] {
  const own = [...command.createHelp().visibleOptions(command)].map(completedOption);
  const options = [
    ...own,
    ...inherited.filter(({ names }) => !own.some((one) => one.names.join() === names.join())),
  ];
  const below = command.commands;
  const words = [
    ...below.map((one) => ({ word: one.name(), meaning: firstLine(one.description()) })),
    ...command.registeredArguments.flatMap(({ argChoices = [], description }) =>
      argChoices.map((word) => ({ word, meaning: firstLine(description) })),
    ),
  ];
  return [
    { path, words, options },
    ...below.flatMap((one) => listCommands(one, [...path, one.name()], options)),
  ];
}

function completedOption(option: Option): CompletedOption {
  const names = [option.short, option.long].filter((name) => name !== undefined);
  return {
    names,
    meaning: firstLine(option.description),
    takesWord: option.required,
    choices: option.argChoices ?? [],
    isFile: /<file>/.test(option.flags),
  };
}

const firstLine = (text: string): string => text.split('\n')[0] ?? '';
