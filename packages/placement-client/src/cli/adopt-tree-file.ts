import { type ApplyOptions, applyShownPlan } from './apply-tree-file.ts';
import { type CommandContext, type ExitCode, exitChanges, exitOk } from './command-context.ts';
import { printPlan } from './print-plan.ts';
import { adoptionOfFile } from './tree-file.ts';

/** `placement adopt <file>` */
export async function adoptTreeFile(
  context: CommandContext,
  path: string,
  { yes: isMeant = false, ...options }: ApplyOptions & { readonly yes?: boolean },
): Promise<ExitCode> {
  const { placement, json, write, countRequest: onAttempt, endProgress } = context;
  const { adopted, plan } = await adoptionOfFile(placement, path, { onAttempt });
  endProgress();
  if (!json) {
    for (const { name, uuid, ownerUuid, ownerRootUuid } of adopted)
      write(`~ "${name}" is provider ${ownerUuid} of tree ${ownerRootUuid}, not ${uuid}\n`);
    printPlan(context, plan);
  }
  if (isMeant) return applyShownPlan(context, plan, options);
  if (json) write(`${JSON.stringify({ adopted, steps: plan.steps }, null, 2)}\n`);
  if (plan.steps.length === 0) return exitOk;
  if (!json) write('Nothing was changed; --yes does it.\n');
  return exitChanges;
}
