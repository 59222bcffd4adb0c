import { type Finding, finding } from '@cyborgjs/core';
import { diffTree, isPlacementError, type Placement, planLines, readTree } from '@cyborgjs/placement-client';
import { fillIdentities } from '../agent/fill-identities.ts';
import type { Ledger } from '../agent/ledger.ts';
import { desiredProviders } from '../agent/provider-tree.ts';
import { placementTree } from '../agent/write-tree.ts';

/** A host whose tree is compared. */
export interface ComparedHost {
  readonly name: string;
  readonly ledger: Pick<Ledger, 'inventories' | 'admission' | 'claimedTraits' | 'identities'>;
  /** Of the boot whose identities count. */
  readonly bootId: string;
}

/** More differences than anybody reads. */
const shownLines = 8;

/**
 * Compares what the agent of a host last saw and was told with what Placement holds; nothing is written. Devices that
 * drivers no longer report, but whose providers are in use, show as differences: they are kept on purpose.
 */
export async function checkPlacement(
  { name: host, ledger, bootId }: ComparedHost,
  { placement, signal }: { readonly placement: Placement; readonly signal: AbortSignal },
): Promise<Finding> {
  const name = `Placement and ${host}`;
  try {
    const tree = placementTree(await treeOf(host, { ledger, bootId }), { host, createRoot: false });
    const plan = diffTree(await readTree(placement, { name: host }, { signal }), tree);
    if (plan.steps.length === 0) return finding.ok(name, `agree on ${tree.providers.length} providers`);
    const lines = planLines(plan).map(({ mark, text }) => `${mark} ${text}`);
    const shown = lines.slice(0, shownLines).join('; ');
    const rest = lines.length > shownLines ? `; and ${lines.length - shownLines} more` : '';
    return finding.failed(
      name,
      `differ; what the agent would do: ${shown}${rest}`,
      `A running agent mends that by itself within a minute. If not, see why: cyborg host show ${host}`,
    );
  } catch (error) {
    return isPlacementError(error, 'placement.root_not_found')
      ? finding.failed(
          name,
          `Placement has no provider ${host}`,
          'nova-compute makes it: its host name and that of the agent (agent.hosts) must be the same. Without Nova set placement.createRoot: true.',
        )
      : finding.failed(name, (error as Error).message, 'See placement in the configuration.');
  }
}

async function treeOf(host: string, { ledger, bootId }: Omit<ComparedHost, 'name'>) {
  const inventories = await ledger.inventories();
  const identified = new Map(
    await Promise.all(
      [...inventories].map(async ([driver, { devices }]) => {
        const known = await ledger.identities(driver, bootId);
        return [driver, fillIdentities(devices, known).devices] as const;
      }),
    ),
  );
  return {
    providers: desiredProviders(host, identified, await ledger.admission()),
    complete: true,
    claimedTraits: await ledger.claimedTraits(),
  };
}
