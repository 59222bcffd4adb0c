import { type AcceleratorRequestState, isResolved, type Uuid } from '@cyborgjs/core';
import type { StoredAcceleratorRequest } from '../store/accelerator-request.ts';
import { type BindingNews, novaDestination } from '../store/outbox.ts';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';

/** Puts what became of the requests of a server into the outbox, unless some are still being bound. */
export async function addBindingNews(
  transaction: StoreTransaction,
  requests: readonly Pick<StoredAcceleratorRequest, 'id' | 'state' | 'instanceId'>[],
  { nova }: Pick<ConductorContext, 'nova'>,
): Promise<void> {
  if (nova === null || !requests.every(({ state }) => isResolved(state))) return;
  for (const [instanceId, ofInstance] of Map.groupBy(requests, (request) => request.instanceId)) {
    if (instanceId === null) continue;
    const outcomes = ofInstance.map(({ id, state }) => ({ requestId: id, status: statusOf(state) }));
    const content = { kind: 'binding-news' as const, instanceId, outcomes };
    await transaction.outbox.add({ destination: novaDestination, topic: `bound:${instanceId}`, content });
  }
}

/**
 * Tells Nova, unless the requests have gone or moved on meanwhile. 422 is the usual answer during a boot: the server
 * has no host yet, and nova-compute will ask itself. What Nova refuses for good is logged; only what it could not
 * take at the moment is thrown, to be sent again.
 */
export async function tellNova(news: BindingNews, { nova, store, log }: ConductorContext): Promise<void> {
  if (nova === null) return;
  const ids = news.outcomes.map(({ requestId }) => requestId as Uuid);
  const current = await store.acceleratorRequests.list({ ids, instanceId: news.instanceId });
  const known = new Set<string>(current.map(({ id }) => id));
  const outcomes = news.outcomes.filter(({ requestId }) => known.has(requestId));
  if (outcomes.length === 0) return;
  const answers = await nova.sendEvents({ ...news, outcomes });
  const refused = answers.filter(({ code }) => code !== 200 && code !== 422);
  if (refused.length > 0)
    log.warn({ instance: news.instanceId, refused }, 'Nova does not want news of accelerator requests');
}

function statusOf(state: AcceleratorRequestState): 'completed' | 'failed' {
  return state === 'Bound' ? 'completed' : 'failed';
}
