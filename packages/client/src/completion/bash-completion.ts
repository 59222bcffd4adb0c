import type { CompletedCommand } from './command-tree.ts';
import { choicesByOption, wordsOf, wordTakers } from './shell-words.ts';

/** For bash 4 and later, with or without the package bash-completion. */
export function bashCompletion(name: string, commands: readonly CompletedCommand[]): string {
  const cases = commands.map(
    (command) => `    '${command.path.join(' ')}') words='${wordsOf(command).join(' ')}' ;;`,
  );
  const choices = choicesByOption(commands).map(
    ({ path, option, words }) => `    '${path.join(' ')} ${option}') words='${words.join(' ')}' ;;`,
  );
  const { files, others } = wordTakers(commands);
  return `# bash completion of ${name}; made by: ${name} completion bash
_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path='' words='' at word
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    case "$word" in
      ${[...files, ...others].join('|')}) ((at++)) ;;
      -*) ;;
      *) case " ${commands
        .filter(({ path }) => path.length > 0)
        .map(({ path }) => path.join('/'))
        .join(' ')} " in
           *" \${path:+\${path// //}/}$word "*) path="\${path:+$path }$word" ;;
         esac ;;
    esac
  done
  case "$path $before" in
${choices.join('\n')}
    *)
      case "$before" in
        ${files.join('|')}) compopt -o default 2>/dev/null; return ;;
        ${others.join('|')}) return ;;
      esac
      case "$path" in
${cases.map((line) => `    ${line}`).join('\n')}
      esac ;;
  esac
  if [[ "$current" != -* ]]; then
    local plain=''
    for word in $words; do [[ "$word" == -* ]] || plain+=" $word"; done
    words="$plain"
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _${name} ${name}
`;
}
