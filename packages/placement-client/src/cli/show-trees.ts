import type { ProviderTree } from '../tree/provider-tree.ts';
import type { TreeRoot } from '../tree/read-tree.ts';
import { readTree } from '../tree/read-tree.ts';
import { type CommandContext, type ExitCode, exitOk } from './command-context.ts';
import { treeTable } from './tree-table.ts';

/** `placement tree [root]` */
export async function showTrees(
  context: CommandContext,
  root: string | undefined,
  { aggregates: isWithAggregates = false }: { readonly aggregates?: boolean },
): Promise<ExitCode> {
  const options = { onAttempt: context.countRequest, aggregatesOf: () => isWithAggregates };
  const roots: TreeRoot[] = root === undefined ? await allRoots(context) : [rootOf(root)];
  const trees: ProviderTree[] = [];
  for (const one of roots) trees.push(await readTree(context.placement, one, options));
  context.endProgress();
  if (context.json) {
    const shown = trees.flatMap(({ providers }) => providers);
    context.write(`${JSON.stringify(shown, null, 2)}\n`);
  } else context.write(treeTable(trees, context.hasColour));
  return exitOk;
}

/** A uuid or a name, as the command line has it. */
export function rootOf(text: string): TreeRoot {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? { uuid: text } : { name: text };
}

async function allRoots({ placement }: CommandContext): Promise<TreeRoot[]> {
  const all = await placement.resourceProviders.list();
  const roots = all.filter(({ uuid, root_provider_uuid: root }) => uuid === root);
  return roots.toSorted((left, right) => left.name.localeCompare(right.name));
}
