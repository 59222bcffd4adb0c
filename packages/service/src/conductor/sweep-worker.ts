import type { Health } from '@cyborgjs/core';
import type { StoreTransaction } from '../store/store.ts';
import type { ConductorContext } from './conductor.ts';
import { isHeld } from './diff-deployables.ts';
import { holdAcceleratorRequests } from './hold-accelerator-requests.ts';
import { noteLostEvents } from './note-lost-events.ts';
import { isRetainedBy } from './retained-provider.ts';
import { tellHealth } from './write-inventory.ts';

const rowsPerRound = 500;
/** An upload that nobody has gone on with for so long is given up. */
const uploadPauseMs = 3_600_000;

/**
 * Does what only time brings about: hosts fall silent, health runs out, devices that vanished long ago and old
 * history go. `listeningSince` is when this conductor began to listen: it does not take for silence what it had no
 * time to hear.
 */
export async function sweep(listeningSince: number, context: ConductorContext): Promise<void> {
  const { now, settings } = context;
  if (now() - listeningSince >= settings.hostSilenceMs) {
    await silenceHosts(context);
    await expireHealth(context);
  }
  await removeGone(context);
  await removeHistory(context);
  await removeUnbound(context);
  await removeUploads(context);
}

async function silenceHosts({ store, now, settings }: ConductorContext): Promise<void> {
  const before = now() - settings.hostSilenceMs;
  const silent = await store.hosts.silentSince(before);
  for (const name of silent)
    await store.transaction(async (transaction) => {
      const host = await transaction.hosts.lock(name);
      if (host.state !== 'up' || Date.parse(host.lastSeenAt) >= before) return;
      await transaction.hosts.update(name, { state: 'silent' });
      transaction.events.add({
        type: 'host.silent',
        subject: name,
        host: name,
        data: { lastSeenAt: host.lastSeenAt },
      });
      const reason = `nothing was heard of the agent of ${name} since ${host.lastSeenAt}`;
      for (const { id } of host.drivers) await makeStale(transaction, { host: name, driver: id }, reason);
    });
}

async function expireHealth({ store, now, settings }: ConductorContext): Promise<void> {
  const before = now() - settings.healthTtlMs;
  const overdue = await store.hosts.overdueSince(before);
  for (const origin of overdue)
    await store.transaction(async (transaction) => {
      await transaction.hosts.lock(origin.host);
      const driver = await transaction.hosts.findDriver(origin.host, origin.driver);
      if (driver?.lastReportAt == null || Date.parse(driver.lastReportAt) >= before) return;
      await makeStale(
        transaction,
        origin,
        `driver ${driver.id} gave no good report since ${driver.lastReportAt}`,
      );
    });
}

/** What is stored of a driver's devices are last known facts from now on; how they feel, nobody knows. */
async function makeStale(
  transaction: StoreTransaction,
  origin: { readonly host: string; readonly driver: string },
  reason: string,
): Promise<void> {
  const { hosts, devices } = transaction;
  await hosts.updateDriver(origin.host, origin.driver, { stale: true });
  const health: Health = { state: 'unknown', reason };
  const { items } = await devices.list(origin);
  for (const device of items.filter(({ state }) => state !== 'gone')) {
    if (device.health.state === 'unknown') continue;
    await devices.update(device.id, { health });
    tellHealth(transaction, device, health);
  }
}

/** A device that is gone stays while a consumer or Placement holds a part of it, and is shown for a while after. */
async function removeGone({ store, now, settings }: ConductorContext): Promise<void> {
  const before = now() - settings.goneRetentionMs;
  for (const { id, host: name } of await store.devices.goneSince(before))
    await store.transaction(async (transaction) => {
      const host = await transaction.hosts.lock(name);
      const device = await transaction.devices.find(id);
      if (device?.goneAt == null || device.goneAt >= before) return;
      const isRetained = isRetainedBy(host);
      if (device.deployables.some((deployable) => isHeld(deployable) || isRetained(deployable))) return;
      await transaction.devices.remove([id]);
      const { identity, address } = device;
      transaction.events.add({
        type: 'device.removed',
        subject: id,
        host: name,
        data: { identity, address },
      });
    });
}

async function removeHistory({ store, now, settings }: ConductorContext): Promise<void> {
  const before = now() - settings.historyRetentionMs;
  const endedIds = await store.operations.endedBefore(before, rowsPerRound);
  const attachmentIds = await store.attachments.endedBefore(before, rowsPerRound);
  const eventIds = await store.events.listBefore(before, rowsPerRound);
  const healthIds = await store.deviceHealth.endedBefore(before, rowsPerRound);
  const staleRecords = await store.audit.listStale({
    before: now() - settings.auditRetentionMs,
    keep: settings.auditRecords,
    limit: rowsPerRound,
  });
  if ([endedIds, attachmentIds, eventIds, healthIds, staleRecords].every((ids) => ids.length === 0)) return;
  await store.transaction(async (transaction) => {
    const { operations, attachments, events, deviceHealth, audit } = transaction;
    await operations.remove(endedIds);
    await attachments.remove(attachmentIds);
    await noteLostEvents(transaction, eventIds);
    await events.remove(eventIds);
    await deviceHealth.remove(healthIds);
    await audit.remove(staleRecords);
  });
}

/** Requests hold nothing before they are bound, and count against quotas all the same. */
async function removeUnbound(context: ConductorContext): Promise<void> {
  const { store, now, settings, log } = context;
  const ids = await store.acceleratorRequests.unboundSince(
    now() - settings.unboundRequestAgeMs,
    rowsPerRound,
  );
  if (ids.length === 0) return;
  await store.transaction(async (transaction) => {
    // Asked again under the lock: a server may have come for one of them.
    const { requests } = await holdAcceleratorRequests(transaction, ids, { onlyProject: null });
    const unbound = requests.filter(({ instanceId }) => instanceId === null);
    await transaction.acceleratorRequests.remove(unbound.map(({ id }) => id));
    for (const { id, host } of unbound)
      transaction.events.add({
        type: 'accelerator_request.deleted',
        subject: id,
        host,
        data: { instance: null, requestedBy: 'cyborg' },
      });
    log.info({ requests: unbound.map(({ id }) => id) }, 'requests that nobody bound are removed');
  });
}

async function removeUploads({ store, now, settings }: ConductorContext): Promise<void> {
  const given = await store.images.idleSince(now() - uploadPauseMs, 'uploading');
  const unused = await store.images.idleSince(now() - settings.uploadRetentionMs, 'complete');
  if (given.length + unused.length === 0) return;
  await store.transaction(({ images }) => images.remove([...given, ...unused]));
}
