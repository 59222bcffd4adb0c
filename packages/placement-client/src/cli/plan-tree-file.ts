import { type CommandContext, type ExitCode, exitChanges, exitOk } from './command-context.ts';
import { printPlan } from './print-plan.ts';
import { planOfFile } from './tree-file.ts';

/** `placement plan <file>` */
export async function planTreeFile(
  context: CommandContext,
  path: string,
  { exitCode = false }: { readonly exitCode?: boolean },
): Promise<ExitCode> {
  const plan = await planOfFile(context.placement, path, { onAttempt: context.countRequest });
  context.endProgress();
  if (context.json) context.write(`${JSON.stringify(plan.steps, null, 2)}\n`);
  else printPlan(context, plan);
  return exitCode && plan.steps.length > 0 ? exitChanges : exitOk;
}
