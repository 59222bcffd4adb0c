import { type Fact, type FactOf, isCyborgError } from '@cyborgjs/core';
import type { StoreTransaction } from '../store/store.ts';
import { applyAttachments } from './apply-attachments.ts';
import { applyGoodbye } from './apply-goodbye.ts';
import { applyHeartbeat } from './apply-heartbeat.ts';
import { applyHello } from './apply-hello.ts';
import { applyOperationProgress } from './apply-operation-progress.ts';
import { applyOperationResult } from './apply-operation-result.ts';
import { applyProviders } from './apply-providers.ts';
import { applyReport } from './apply-report.ts';
import { applyStats } from './apply-stats.ts';
import { cleanTexts } from './clean-texts.ts';
import type { ConductorContext } from './conductor.ts';

/** A fact that changes what is stored. */
type StoredFact = Exclude<Fact, FactOf<'image-wanted'>>;

/**
 * Takes one fact in, in one transaction. Throws `store.unavailable`, so that the bus brings the fact again. A fact
 * that cannot be applied for another reason is logged and dropped: what matters of it is reported or asked again.
 */
export async function applyFact(fact: StoredFact, context: ConductorContext): Promise<void> {
  try {
    await context.store.transaction((transaction) => apply(transaction, cleanTexts(fact), context));
  } catch (err) {
    if (isCyborgError(err) && err.kind === 'unavailable') throw err;
    context.log.error(
      { err, kind: fact.kind, host: fact.host },
      'a fact could not be applied and is dropped',
    );
  }
}

function apply(transaction: StoreTransaction, fact: StoredFact, context: ConductorContext): Promise<void> {
  switch (fact.kind) {
    case 'hello':
      return applyHello(transaction, fact, context);
    case 'heartbeat':
      return applyHeartbeat(transaction, fact, context);
    case 'goodbye':
      return applyGoodbye(transaction, fact, context);
    case 'report':
      return applyReport(transaction, fact, context);
    case 'stats':
      return applyStats(transaction, fact, context);
    case 'providers':
      return applyProviders(transaction, fact, context);
    case 'attachments':
      return applyAttachments(transaction, fact, context);
    case 'operation-progress':
      return applyOperationProgress(transaction, fact, context);
    case 'operation-result':
      return applyOperationResult(transaction, fact, context);
  }
}
