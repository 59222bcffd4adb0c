import type { Command } from 'commander';
import { packageVersion } from '../package-version.ts';
import type { View } from '../render/view.ts';
import { processTerminal } from './run-command.ts';

/** `cyborg version` */
export function declareVersion(program: Command): void {
  program
    .command('version')
    .description('say which version this command is; asks nobody')
    .action((_options, command: Command) =>
      processTerminal(command.optsWithGlobals()).show(versionView(packageVersion(), process.version)),
    );
}

function versionView(client: string, node: string): View {
  return {
    json: { client, node },
    names: [client],
    text: () => `cyborg ${client} (Node.js ${node})`,
  };
}
