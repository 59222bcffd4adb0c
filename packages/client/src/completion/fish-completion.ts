import type { CompletedCommand, CompletedOption } from './command-tree.ts';
import { wordTakers } from './shell-words.ts';

/** For fish 3 and later (complete(1)). */
export function fishCompletion(name: string, commands: readonly CompletedCommand[]): string {
  const { files, others } = wordTakers(commands);
  const paths = commands.filter(({ path }) => path.length > 0).map(({ path }) => quotedFish(path.join(' ')));
  return `# fish completion of ${name}; made by: ${name} completion fish
function __${name}_at
    set -l paths ${paths.join(' ')}
    set -l path ''
    set -l skip no
    for word in (commandline -opc)[2..]
        if test $skip = yes
            set skip no
            continue
        end
        switch $word
            case ${[...files, ...others].join(' ')}
                set skip yes
            case '-*'
            case '*'
                set -l next (string trim -- "$path $word")
                contains -- $next $paths; and set path $next
        end
    end
    test "$path" = "$argv"
end
complete -c ${name} -f
${commands.flatMap((command) => linesOf(name, command)).join('\n')}
`;
}

function linesOf(name: string, { path, words, options }: CompletedCommand): string[] {
  const here = `complete -c ${name} -n ${quotedFish(`__${name}_at ${path.join(' ')}`.trim())}`;
  return [
    ...words.map(({ word, meaning }) => `${here} -a ${quotedFish(word)} -d ${quotedFish(meaning)}`),
    ...options.map((option) => `${here} ${optionText(option)}`),
  ];
}

function optionText({ names, meaning, takesWord, choices, isFile }: CompletedOption): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const argument = [
    ...(takesWord ? [isFile ? '-r -F' : '-x'] : []),
    ...(choices.length === 0 ? [] : [`-a ${quotedFish(choices.join(' '))}`]),
  ];
  return [...flags, ...argument, `-d ${quotedFish(meaning)}`].join(' ');
}

/** A text within single quotes of fish, where only \\ and ' need a backslash. */
const quotedFish = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
