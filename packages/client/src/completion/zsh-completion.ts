import type { CompletedCommand, CompletedOption } from './command-tree.ts';
import { quoted, wordTakers } from './shell-words.ts';

/** For zsh, by its completion system (zshcompsys(1)). */
export function zshCompletion(name: string, commands: readonly CompletedCommand[]): string {
  const { files, others } = wordTakers(commands);
  const paths = commands.filter(({ path }) => path.length > 0).map(({ path }) => quoted(path.join(' ')));
  return `#compdef ${name}
# zsh completion of ${name}; made by: ${name} completion zsh
_${name}() {
  local position=2 path_=''
  local -a paths=(${paths.join(' ')})
  while (( position < CURRENT )); do
    case "$words[position]" in
      ${[...files, ...others].join('|')}) (( position++ )) ;;
      -*) ;;
      *) local next="\${path_:+$path_ }$words[position]"
         (( \${paths[(Ie)$next]} )) && path_="$next" ;;
    esac
    (( position++ ))
  done
  local -a names
  case "$path_ $words[CURRENT-1]" in
${commands.flatMap(choiceCases).join('\n')}
  esac
  case "$words[CURRENT-1]" in
    ${files.join('|')}) _files; return ;;
    ${others.join('|')}) return ;;
  esac
  case "$path_" in
${commands.map(nameCase).join('\n')}
  esac
  _describe ${name} names
}
if [ "$funcstack[1]" = _${name} ]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
}

function choiceCases({ path, options }: CompletedCommand): string[] {
  return options
    .filter(({ choices }) => choices.length > 0)
    .flatMap(({ names, choices }) =>
      names.map(
        (option) =>
          `    ${quoted(`${path.join(' ')} ${option}`)}) names=(${choices.map(quoted).join(' ')}); _describe word names; return ;;`,
      ),
    );
}

function nameCase({ path, words, options }: CompletedCommand): string {
  const entries = [
    ...words.map(({ word, meaning }) => entry(word, meaning)),
    ...options.flatMap(optionEntries),
  ];
  return `    ${quoted(path.join(' '))}) names=(${entries.join(' ')}) ;;`;
}

const optionEntries = ({ names, meaning }: CompletedOption): string[] =>
  names.map((name) => entry(name, meaning));

/** A colon ends the word and begins what it means. */
const entry = (word: string, meaning: string): string => quoted(`${word.replaceAll(':', '\\:')}:${meaning}`);
