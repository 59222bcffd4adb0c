import { OperationState, OperationVerb } from '@cyborgjs/core';
import { type Command, Option } from 'commander';
import type { OperationFilter } from '../operations.ts';
import { operationListView, operationView } from '../render/operation-views.ts';
import { operationEndsView } from '../render/outcome-views.ts';
import { watchedOperation } from '../render/progress-line.ts';
import { operationStepsView } from '../render/step-views.ts';
import type { CommandContext, CommandRunner } from './command-context.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { findDevices } from './find-devices.ts';
import { findOperationId } from './id-prefix.ts';
import { addLimitOption, collect, type LimitFlags } from './list-limit.ts';
import { addWatchOption, showList, type WatchFlags } from './show-list.ts';
import { simulatedHosts } from './simulated-hosts.ts';
import { tellFailures, watchOperations } from './watch-operations.ts';

interface ListFlags extends LimitFlags, WatchFlags, OperationFilter {}

const idText = 'id or the beginning of one';

/** `cyborg operation …` */
export function declareOperation(program: Command, run: CommandRunner): void {
  const operation = program
    .command('operation')
    .description('operations: what was asked for and how far it is');
  declareList(operation, run);
  declareFollow(operation, run);
  declareSteps(operation, run);
  for (const { verb, call, text } of singles) {
    operation
      .command(verb)
      .description(text)
      .argument('<operation>', idText)
      .action((id: string, _options, command: Command) =>
        run(command, async ({ client, terminal, signal }) => {
          const wholeId = await findOperationId(client, id, { signal });
          terminal.show(operationView(await client.operations[call](wholeId, { signal })));
          return exitCode.ok;
        }),
      );
  }
}

/** What is done with one operation at once, and answered with it. */
const singles = [
  { verb: 'show', call: 'get', text: 'show one operation' },
  {
    verb: 'cancel',
    call: 'cancel',
    text: 'ask for an operation to be given up; it may still end otherwise when it was nearly done',
  },
  {
    verb: 'retry',
    call: 'retry',
    text: 'ask anew for an install, uninstall or search that failed or was canceled; a new operation',
  },
] as const;

function declareSteps(operation: Command, run: CommandRunner): void {
  operation
    .command('steps')
    .description('show what an operation did to its machine, attempt by attempt; of a dry run the plan')
    .argument('<operation>', idText)
    .action((text: string, _options, command: Command) =>
      run(command, async ({ client, terminal, signal }) => {
        const id = await findOperationId(client, text, { signal });
        terminal.show(operationStepsView(id, await client.operations.attempts(id, { signal })));
        return exitCode.ok;
      }),
    );
}

function declareList(operation: Command, run: CommandRunner): void {
  addWatchOption(addLimitOption(operation.command('list')))
    .description('list operations, the newest first; all conditions must hold')
    .option('--host <name>', 'only those on this host')
    .option('--device <device>', 'only those on this device, by id, beginning of one, or host:address')
    .addOption(new Option('--state <state>', 'only in this state').choices(OperationState.options))
    .addOption(new Option('--verb <verb>', 'only of this verb').choices(OperationVerb.options))
    .action((flags: ListFlags, command: Command) =>
      run(command, (context) => listOperations(context, flags)),
    );
}

function declareFollow(operation: Command, run: CommandRunner): void {
  operation
    .command('watch')
    .description('stay until operations have ended')
    .argument('<operation...>', idText)
    .action((texts: string[], _options, command: Command) =>
      run(command, (context) => follow(context, texts)),
    );
}

async function listOperations(context: CommandContext, flags: ListFlags): Promise<ExitCode> {
  const { client, signal } = context;
  const { device, limit, watch, ...rest } = flags;
  const [found] = device === undefined ? [] : await findDevices(client, [device], { signal });
  const wanted = found === undefined ? rest : { ...rest, device: found.id };
  return showList(context, { watch }, async () => {
    const operations = await collect(client.operations.list(wanted, { signal }), limit);
    return operationListView(operations, await simulatedHosts(context));
  });
}

async function follow(context: CommandContext, texts: readonly string[]): Promise<ExitCode> {
  const { client, terminal, signal } = context;
  const ids = new Set<string>();
  for (const text of texts) ids.add(await findOperationId(client, text, { signal }));
  const begun = await Promise.all([...ids].map((id) => client.operations.get(id, { signal })));
  const ended = await watchOperations(context, begun.map(watchedOperation));
  terminal.show(operationEndsView(ended));
  return tellFailures(terminal, ended);
}
