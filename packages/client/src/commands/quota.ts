import { QuotaClass, QuotaLimit } from '@cyborgjs/core';
import type { Command } from 'commander';
import { projectLimitsView, projectQuotasView } from '../render/quota-views.ts';
import type { CommandRunner } from './command-context.ts';
import { exitCode } from './exit-code.ts';
import { addLimitOption, collect, type LimitFlags } from './list-limit.ts';
import { UsageError } from './usage-error.ts';

/** `cyborg quota …` */
export function declareQuota(program: Command, run: CommandRunner): void {
  const quota = program
    .command('quota')
    .description('quotas: how many accelerator requests projects may have');
  addLimitOption(quota.command('list'))
    .description('list the projects that have limits of their own')
    .action((flags: LimitFlags, command: Command) =>
      run(command, async ({ client, terminal, signal }) => {
        terminal.show(projectLimitsView(await collect(client.quotas.list({ signal }), flags.limit)));
        return exitCode.ok;
      }),
    );
  quota
    .command('show')
    .description('show what a project may have and has')
    .argument('<project>', 'id of the project')
    .action((project: string, _options, command: Command) =>
      run(command, async ({ client, terminal, signal }) => {
        terminal.show(projectQuotasView(await client.quotas.get(project, { signal })));
        return exitCode.ok;
      }),
    );
  declareSet(quota, run);
}

function declareSet(quota: Command, run: CommandRunner): void {
  quota
    .command('set')
    .description('set limits of a project; those that are not named stay')
    .argument('<project>', 'id of the project')
    .argument('<limit...>', "FPGA=4, '*=16' for all classes together; -1 any number, default as configured")
    .action((...[project, limits, , command]: [string, string[], unknown, Command]) =>
      run(command, async ({ client, terminal, signal }) => {
        const wanted = Object.fromEntries(limits.map(readLimit));
        terminal.show(projectQuotasView(await client.quotas.set(project, wanted, { signal })));
        return exitCode.ok;
      }),
    );
}

function readLimit(text: string): [string, number | null] {
  const [resourceClass = '', value = '', ...rest] = text.split('=');
  const limit = value === 'default' ? null : value === '' ? Number.NaN : Number(value);
  const isSound = QuotaClass.safeParse(resourceClass).success && rest.length === 0;
  if (isSound && QuotaLimit.nullable().safeParse(limit).success) return [resourceClass, limit];
  throw new UsageError(
    `"${text}" is no limit; write a resource class and a number: FPGA=4, '*=16', PGPU=-1 for any number, PGPU=default`,
  );
}
