import {
  type DiscoveredDevice,
  deviceLifeCycle,
  type FactOf,
  requireTransition,
  returnEvent,
  type Uuid,
} from '@cyborgjs/core';
import type { StoredDevice } from '../store/device.ts';
import type { StoredHost, StoredHostDriver } from '../store/host.ts';
import type { StoreTransaction } from '../store/store.ts';
import { admitDevices } from './admit-devices.ts';
import { adoptImported, settleImported } from './adopt-imported.ts';
import type { ConductorContext } from './conductor.ts';
import { type DeviceDiff, diffReport, isUnchanged } from './diff-report.ts';
import { hearHost } from './hear-host.ts';
import { normaliseReport } from './normalise-report.ts';
import { readyByRule } from './ready-by-rule.ts';
import { isRetainedBy } from './retained-provider.ts';
import { insertDevices, updateDevice } from './write-inventory.ts';

type ReportFact = FactOf<'report'>;

/**
 * Takes a driver's report in. An inventory is the whole truth about that driver on that host; a failure says
 * nothing about the hardware, so what is stored stays and is marked stale. A report that is not newer than the last
 * one is dropped.
 */
export async function applyReport(
  transaction: StoreTransaction,
  fact: ReportFact,
  context: ConductorContext,
): Promise<void> {
  const { host, agentRun, report } = fact;
  const before = await hearHost(transaction, fact, context);
  if (before === undefined) return;
  const driver = await transaction.hosts.ensureDriver(host, report.driver);
  if (!isNewer(fact, driver)) return;
  await transaction.hosts.updateDriver(host, report.driver, { agentRun, lastSequence: report.sequence });
  if (report.outcome.kind === 'inventory')
    await applyInventory(transaction, { host: before, driver, devices: report.outcome.devices }, context);
  else {
    const { failure } = report.outcome;
    await transaction.hosts.updateDriver(host, driver.id, { failure, stale: true });
    if (driver.failure?.message !== failure.message || !driver.stale)
      transaction.events.add({ type: 'driver.failed', subject: driver.id, host, data: { ...failure } });
  }
}

/** What a driver has found on a host: the whole truth. */
export interface Inventory {
  readonly host: StoredHost;
  readonly driver: StoredHostDriver;
  readonly devices: readonly DiscoveredDevice[];
}

/** Makes the stored devices of a driver on a host those that were found. */
export async function applyInventory(
  transaction: StoreTransaction,
  { host, driver, devices }: Inventory,
  context: ConductorContext,
): Promise<void> {
  const { now, log } = context;
  const origin = { host: host.name, driver: driver.id };
  const before = (await transaction.devices.list(origin)).items;
  const { devices: reported, faults } = normaliseReport(devices, before);
  const adopted = await adoptImported(transaction, { ...origin, stored: before, devices: reported });
  const stored = adopted.length === 0 ? before : (await transaction.devices.list(origin)).items;
  if (faults.length > 0) log.warn({ ...origin, faults }, 'a report was mended before it was taken in');

  const busy = await busyDevices(transaction, host.name);
  const diff = diffReport({ stored, reported, busy, isRetained: isRetainedBy(host) });
  for (const device of diff.vanished) await vanish(transaction, device, now());
  await insertDevices(transaction, { ...origin, devices: diff.created }, context);
  for (const change of diff.updated) await updateDevice(transaction, change, context);
  for (const change of diff.returned) await bringBack(transaction, change, context);

  await transaction.hosts.updateDriver(host.name, driver.id, {
    failure: null,
    stale: false,
    lastReportAt: now(),
  });
  await transaction.devices.touch(host.name, driver.id, now());
  if (driver.stale)
    transaction.events.add({ type: 'driver.recovered', subject: driver.id, host: host.name, data: {} });
  const isOpened = await settleImported(transaction, { ...origin, adopted });
  if (diff.created.length > 0 || stored.some(({ untouched }) => untouched))
    await readyByRule(transaction, { ...origin, devices: reported }, context);
  const wasOpen = diff.vanished.some(({ state }) => state === 'ready');
  const isOpen = diff.returned.some(({ device }) => device.stateBeforeGone === 'ready');
  const isAdopted = adopted.some(({ state }) => state === 'ready');
  if (wasOpen || isOpen || isAdopted || isOpened) await admitDevices(transaction, host.name, context);
}

function isNewer({ agentRun, report }: ReportFact, driver: StoredHostDriver): boolean {
  if (agentRun !== driver.agentRun) return agentRun > driver.agentRun;
  return report.sequence > driver.lastSequence;
}

async function busyDevices(transaction: StoreTransaction, host: string): Promise<Set<Uuid>> {
  const { items } = await transaction.operations.list({ host, open: true });
  return new Set(items.flatMap(({ deviceId }) => deviceId ?? []));
}

async function vanish(transaction: StoreTransaction, device: StoredDevice, at: number): Promise<void> {
  const state = requireTransition(deviceLifeCycle, device.state, 'vanish');
  await transaction.devices.update(device.id, { state, stateBeforeGone: device.state, goneAt: at });
  transaction.events.add({
    type: 'device.gone',
    subject: device.id,
    host: device.host,
    data: { from: device.state, address: device.address },
  });
}

async function bringBack(
  transaction: StoreTransaction,
  diff: DeviceDiff,
  context: ConductorContext,
): Promise<void> {
  const { device } = diff;
  const state = requireTransition(
    deviceLifeCycle,
    device.state,
    returnEvent(device.stateBeforeGone ?? 'discovered'),
  );
  await transaction.devices.update(device.id, { state, stateBeforeGone: null, goneAt: null });
  transaction.events.add({
    type: 'device.returned',
    subject: device.id,
    host: device.host,
    data: { to: state },
  });
  if (!isUnchanged(diff)) await updateDevice(transaction, diff, context);
}
