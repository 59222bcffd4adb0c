import type { FactOf } from '@cyborgjs/core';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { hearHost } from './hear-host.ts';

/** Takes note that the host lives. Who holds what is decided by operations; the agent tells it for those who compare. */
export async function applyAttachments(
  transaction: StoreTransaction,
  fact: FactOf<'attachments'>,
  context: ConductorContext,
): Promise<void> {
  await hearHost(transaction, fact, context);
}
