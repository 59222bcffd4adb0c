import type { StoreTransaction } from '../store/store.ts';
import type { StoredWebhook } from '../store/webhook.ts';

/**
 * Notes, in the transaction that removes events, for which webhooks they were not delivered. An event tells of the
 * first that are lost after a delivery; how many there have been, the webhook says.
 */
export async function noteLostEvents(
  { webhooks, events }: StoreTransaction,
  eventIds: readonly number[],
): Promise<void> {
  if (eventIds.length === 0) return;
  const newest = eventIds.reduce((one, other) => Math.max(one, other));
  for (const webhook of await webhooks.listBehind(newest)) {
    const { id, name, after, events: types } = webhook;
    const lost = await events.countOf(eventIds, { after, types });
    if (lost === 0) continue;
    await webhooks.lose(id, lost);
    if (isFirst(webhook))
      events.add({ type: 'webhook.events_lost', subject: id, host: null, data: { name, after } });
  }
}

function isFirst({ lastLostAt, lastDeliveredAt }: StoredWebhook): boolean {
  if (lastLostAt === null) return true;
  return lastDeliveredAt !== null && Date.parse(lastDeliveredAt) > Date.parse(lastLostAt);
}
