import type { CompletedCommand, CompletedOption } from './command-tree.ts';

/** All words that may follow a command: commands below it, choices of its arguments, options. */
export function wordsOf({ words, options }: CompletedCommand): string[] {
  return [...words.map(({ word }) => word), ...options.flatMap(({ names }) => names)];
}

/** The words that may follow each option that has a choice of them, one entry for each way to write it. */
export function choicesByOption(commands: readonly CompletedCommand[]) {
  return commands.flatMap(({ path, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .flatMap(({ names, choices }) => names.map((option) => ({ path, option, words: choices }))),
  );
}

/** The options that take a word of their own: the name of a file, or anything else. */
export function wordTakers(commands: readonly CompletedCommand[]): {
  readonly files: readonly string[];
  readonly others: readonly string[];
} {
  const takers = commands.flatMap(({ options }) => options).filter(({ takesWord }) => takesWord);
  const names = (some: readonly CompletedOption[]) =>
    [...new Set(some.flatMap((option) => option.names))].sort();
  return {
    files: names(takers.filter(({ isFile }) => isFile)),
    others: names(takers.filter(({ isFile }) => !isFile)),
  };
}

/** A text within single quotes of a POSIX shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
