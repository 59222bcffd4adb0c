import { applyPlan } from '../tree/apply-plan.ts';
import type { ProviderTreePlan } from '../tree/diff-tree.ts';
import { type CommandContext, type ExitCode, exitFailed, exitOk } from './command-context.ts';
import { printPlan } from './print-plan.ts';
import { planOfFile } from './tree-file.ts';

/** `placement apply <file>` */
export async function applyTreeFile(
  context: CommandContext,
  path: string,
  options: ApplyOptions,
): Promise<ExitCode> {
  const plan = await planOfFile(context.placement, path, { onAttempt: context.countRequest });
  context.endProgress();
  if (!context.json) printPlan(context, plan);
  return applyShownPlan(context, plan, options);
}

/** How a plan is applied. */
export interface ApplyOptions {
  readonly reshaper?: boolean;
}

/** Applies a plan that was printed, and prints what came of it. */
export async function applyShownPlan(
  context: CommandContext,
  plan: ProviderTreePlan,
  { reshaper = false }: ApplyOptions,
): Promise<ExitCode> {
  const { placement, json, write, countRequest: onAttempt, endProgress } = context;
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
