import { applyPlan } from '../tree/apply-plan.ts';
import { type CommandContext, type ExitCode, exitFailed, exitOk } from './command-context.ts';
import { printPlan } from './print-plan.ts';
import { planOfFile } from './tree-file.ts';

/** `placement apply <file>` */
export async function applyTreeFile(
  context: CommandContext,
  path: string,
  { reshaper = false }: { readonly reshaper?: boolean },
): Promise<ExitCode> {
  const { placement, json, write, countRequest: onAttempt, endProgress } = context;
  const plan = await planOfFile(placement, path, { onAttempt });
  endProgress();
  if (!json) printPlan(context, plan);
  const result = await applyPlan(placement, plan, { reshaper, onAttempt });
  endProgress();
  if (json) write(`${JSON.stringify(result, null, 2)}\n`);
  else {
    for (const { name, reason } of result.retained)
      write(`! provider "${name}" is kept, closed: ${reason}\n`);
    write(`Done with ${result.requests} ${result.requests === 1 ? 'request' : 'requests'}.\n`);
  }
  return result.retained.length > 0 ? exitFailed : exitOk;
}
