import { applyCleanup, planCleanup } from '../tree/clean-up.ts';
import { type CommandContext, type ExitCode, exitChanges, exitFailed, exitOk } from './command-context.ts';
import { rootOf } from './show-trees.ts';

/** `placement cleanup <provider>` */
export async function cleanUpProvider(
  context: CommandContext,
  provider: string,
  { yes: isMeant = false }: { readonly yes?: boolean },
): Promise<ExitCode> {
  const { placement, json, write, countRequest: onAttempt, endProgress } = context;
  const plan = await planCleanup(placement, rootOf(provider), { onAttempt });
  const { providers, consumers } = plan;
  const isPossible = consumers.length === 0;
  endProgress();
  if (!json) {
    for (const { name, uuid } of providers) write(`- provider "${name}" (${uuid})\n`);
    for (const { consumer, provider: from, resources } of consumers)
      write(`! consumer ${consumer} has ${JSON.stringify(resources)} of ${from}\n`);
    if (!isPossible) write('Nothing is deleted as long as anybody has something of it.\n');
    else if (!isMeant) write('Nothing was deleted; --yes does it.\n');
  }
  const deleted = isPossible && isMeant ? await applyCleanup(placement, plan, { onAttempt }) : [];
  endProgress();
  if (json) write(`${JSON.stringify({ ...plan, deleted }, null, 2)}\n`);
  else if (deleted.length > 0) write(`Deleted ${deleted.length}.\n`);
  if (!isPossible) return exitFailed;
  return isMeant ? exitOk : exitChanges;
}
