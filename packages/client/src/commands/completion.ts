import { Argument, type Command } from 'commander';
import { type Shell, shells, writeCompletion } from '../completion/write-completion.ts';

const completionHelp = `
To have it in every new shell:
  bash   cyborg completion bash > ~/.local/share/bash-completion/completions/cyborg
  zsh    cyborg completion zsh > ~/.zfunc/_cyborg      with fpath=(~/.zfunc $fpath) before compinit
  fish   cyborg completion fish > ~/.config/fish/completions/cyborg.fish
To try it in this one: source <(cyborg completion bash)
`;

/** `cyborg completion SHELL` */
export function declareCompletion(program: Command): void {
  program
    .command('completion')
    .description('print what lets a shell complete commands and options; asks nobody')
    .addArgument(new Argument('<shell>', 'whose words to complete').choices(shells))
    .addHelpText('after', completionHelp)
    .action((shell: Shell) => {
      process.stdout.write(writeCompletion(program, shell));
    });
}
