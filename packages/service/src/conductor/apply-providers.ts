import type { FactOf } from '@cyborgjs/core';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { hearHost } from './hear-host.ts';

/** Notes which resource providers Placement holds for a host: the whole set. */
export async function applyProviders(
  transaction: StoreTransaction,
  fact: FactOf<'providers'>,
  context: ConductorContext,
): Promise<void> {
  if ((await hearHost(transaction, fact, context)) === undefined) return;
  const providers = new Map(fact.providers.map(({ deployable, providerId }) => [deployable, providerId]));
  await transaction.deployables.setProviders(fact.host, providers);
}
