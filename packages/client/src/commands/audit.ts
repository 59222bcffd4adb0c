import { AuditOutcome } from '@cyborgjs/core';
import { type Command, Option } from 'commander';
import type { AuditFilter } from '../audit.ts';
import { auditListView } from '../render/audit-views.ts';
import type { CommandRunner } from './command-context.ts';
import { exitCode } from './exit-code.ts';
import { addLimitOption, collect, type LimitFlags } from './list-limit.ts';
import { UsageError } from './usage-error.ts';

interface AuditFlags extends LimitFlags, AuditFilter {}

/** Shown when nobody says how many: there may be a million. */
const defaultLimit = 50;

/** `cyborg audit` */
export function declareAudit(program: Command, run: CommandRunner): void {
  addLimitOption(program.command('audit'))
    .description(
      `show who asked for which change, the newest first; ${defaultLimit} unless --limit says otherwise`,
    )
    .option('--user <id>', 'only what this user asked for')
    .option('--project <id>', 'only what was asked for in this project')
    .option('--target <text>', 'only what was about this: an id, a name, or a part of one')
    .addOption(new Option('--outcome <outcome>', 'only what ended so').choices(AuditOutcome.options))
    .option('--since <time>', 'from this time on: 2026-01-31, 2026-01-31T08:00:00Z')
    .option('--until <time>', 'before this time')
    .action(({ limit = defaultLimit, since, until, ...filter }: AuditFlags, command: Command) =>
      run(command, async ({ client, terminal, signal }) => {
        const times = { ...timeFlag('since', since), ...timeFlag('until', until) };
        const records = await collect(client.audit.list({ ...filter, ...times }, { signal }), limit);
        terminal.show(auditListView(records));
        return exitCode.ok;
      }),
    );
}

function timeFlag(name: 'since' | 'until', text: string | undefined): AuditFilter {
  if (text === undefined) return {};
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw new UsageError(`--${name} ${text}: expected a time such as 2026-01-31T08:00:00Z`);
  return { [name]: new Date(time).toISOString() };
}
