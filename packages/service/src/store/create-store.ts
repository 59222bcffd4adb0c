import { sql } from 'kysely';
import { acceleratorRequestReads } from './accelerator-request-reads.ts';
import { acceleratorRequestWrites } from './accelerator-request-writes.ts';
import { againOnCollision } from './again-on-collision.ts';
import { attachmentReads } from './attachment-reads.ts';
import { attachmentWrites } from './attachment-writes.ts';
import { attributeReads } from './attribute-reads.ts';
import { attributeWrites } from './attribute-writes.ts';
import { auditReads } from './audit-reads.ts';
import { auditWrites } from './audit-writes.ts';
import { deployableReads } from './deployable-reads.ts';
import { deployableWrites } from './deployable-writes.ts';
import { deviceHealthReads } from './device-health-reads.ts';
import { deviceHealthWrites } from './device-health-writes.ts';
import { deviceProfileReads } from './device-profile-reads.ts';
import { deviceProfileWrites } from './device-profile-writes.ts';
import { deviceReads } from './device-reads.ts';
import { deviceWrites } from './device-writes.ts';
import { statsReads } from './driver-stats-reads.ts';
import { statsWrites } from './driver-stats-writes.ts';
import { eventReads } from './event-reads.ts';
import { type EventBuffer, eventBuffer } from './event-writes.ts';
import { hostLedgerReads, hostLedgerWrites } from './host-ledger.ts';
import { hostReads } from './host-reads.ts';
import { hostWrites } from './host-writes.ts';
import { importReads } from './import-reads.ts';
import { importWrites } from './import-writes.ts';
import { inTransaction } from './in-transaction.ts';
import { numberEvents } from './number-events.ts';
import { openDatabase } from './open-database.ts';
import { operationReads } from './operation-reads.ts';
import { operationWrites } from './operation-writes.ts';
import { outboxReads } from './outbox-reads.ts';
import { outboxWrites } from './outbox-writes.ts';
import { quotaReads } from './quota-reads.ts';
import { quotaWrites } from './quota-writes.ts';
import { createSession, type Session, type TransactionSession } from './session.ts';
import type { Committed, Store, StoreReads, StoreTransaction } from './store.ts';
import type { StoreInit, StoreTarget } from './store-init.ts';
import { imageReads } from './uploaded-image-reads.ts';
import { imageWrites } from './uploaded-image-writes.ts';
import { webhookReads } from './webhook-reads.ts';
import { webhookWrites } from './webhook-writes.ts';

/**
 * Opens the store, bringing its tables up to date. Throws `store.unavailable` when the database does not answer.
 *
 * @example
 * const store = await createStore({ kind: 'sqlite', file: 'cyborg.sqlite' }, { now: Date.now, newId, log });
 * const { items } = await store.devices.list({ host: 'compute1', limit: 100 });
 */
export async function createStore(target: StoreTarget, init: StoreInit): Promise<Store> {
  const { db, close } = await openDatabase(target, init);
  const session = createSession(db, { ...init, kind: target.kind });
  const listeners = new Set<(committed: Committed) => void>();

  async function commit<Result>(work: (transaction: StoreTransaction) => Promise<Result>) {
    const done = await inTransaction(session, async (transaction) => {
      const part = openTransaction(transaction);
      const result = await work(part.transaction);
      const events = part.events.flush();
      await init.onCommit?.('before');
      return { result, committed: { events, outbox: part.outboxAdded() } };
    });
    await init.onCommit?.('after');
    return done;
  }

  function tell(listener: (committed: Committed) => void, committed: Committed): void {
    try {
      listener(committed);
    } catch (err) {
      // What was committed has happened, whatever an observer makes of it.
      init.log.error({ err }, 'an observer of the store failed');
    }
  }

  return {
    ...storeReads(session),
    ...readsOfEvents(session),

    async transaction(work) {
      const { result, committed } = await againOnCollision(() => commit(work));
      for (const listener of listeners) tell(listener, committed);
      return result;
    },

    observe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    async ping() {
      await sql`select 1`.execute(db);
    },

    close,
  };
}

/** What depends on the ids of events, once all that are committed have one. */
function readsOfEvents(session: Session): Pick<StoreReads, 'events' | 'webhooks'> {
  const events = eventReads(session);
  const webhooks = webhookReads(session);
  const afterNumbering =
    <Words extends readonly unknown[], Result>(read: (...words: Words) => Promise<Result>) =>
    async (...words: Words) => {
      await numberEvents(session);
      return read(...words);
    };
  return {
    events: {
      ...events,
      list: afterNumbering(events.list),
      latestId: afterNumbering(events.latestId),
      listBefore: afterNumbering(events.listBefore),
    },
    webhooks: { ...webhooks, listDue: afterNumbering(webhooks.listDue) },
  };
}

function storeReads(session: Session): StoreReads {
  return {
    hosts: hostReads(session),
    devices: deviceReads(session),
    deviceHealth: deviceHealthReads(session),
    deployables: deployableReads(session),
    attributes: attributeReads(session),
    deviceProfiles: deviceProfileReads(session),
    acceleratorRequests: acceleratorRequestReads(session),
    stats: statsReads(session),
    quotas: quotaReads(session),
    audit: auditReads(session),
    imports: importReads(session),
    attachments: attachmentReads(session),
    hostLedgers: hostLedgerReads(session),
    operations: operationReads(session),
    images: imageReads(session),
    events: eventReads(session),
    outbox: outboxReads(session),
    webhooks: webhookReads(session),
  };
}

interface OpenTransaction {
  readonly transaction: StoreTransaction;
  readonly events: EventBuffer;
  outboxAdded(): boolean;
}

function openTransaction(session: TransactionSession): OpenTransaction {
  const reads = storeReads(session);
  const events = eventBuffer(session);
  const outbox = outboxWrites(session);
  let added = false;
  return {
    transaction: {
      hosts: { ...reads.hosts, ...hostWrites(session, reads.hosts) },
      devices: { ...reads.devices, ...deviceWrites(session) },
      deviceHealth: { ...reads.deviceHealth, ...deviceHealthWrites(session) },
      deployables: { ...reads.deployables, ...deployableWrites(session) },
      attributes: { ...reads.attributes, ...attributeWrites(session) },
      deviceProfiles: { ...reads.deviceProfiles, ...deviceProfileWrites(session) },
      acceleratorRequests: { ...reads.acceleratorRequests, ...acceleratorRequestWrites(session) },
      stats: { ...reads.stats, ...statsWrites(session) },
      quotas: { ...reads.quotas, ...quotaWrites(session) },
      audit: { ...reads.audit, ...auditWrites(session) },
      imports: { ...reads.imports, ...importWrites(session) },
      attachments: { ...reads.attachments, ...attachmentWrites(session) },
      hostLedgers: { ...reads.hostLedgers, ...hostLedgerWrites(session) },
      operations: { ...reads.operations, ...operationWrites(session) },
      images: { ...reads.images, ...imageWrites(session) },
      events: { ...reads.events, ...events },
      webhooks: { ...reads.webhooks, ...webhookWrites(session) },
      outbox: {
        ...reads.outbox,
        ...outbox,
        add: (message) => {
          added = true;
          return outbox.add(message);
        },
      },
    },
    events,
    outboxAdded: () => added,
  };
}
