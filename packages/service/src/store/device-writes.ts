import type { DeviceState } from '@cyborgjs/core';
import { inChunks } from './chunks.ts';
import type { DeviceWrites, NewDevice } from './device.ts';
import { beginHealth, changeHealth } from './device-health-writes.ts';
import type { TransactionSession } from './session.ts';

/** Writes of devices. */
export function deviceWrites(session: TransactionSession): DeviceWrites {
  const { db, now } = session;
  return {
    async insert(devices) {
      const rows = devices.map((device) => toDeviceRow(device, now()));
      await inChunks(rows, (chunk) => db.insertInto('device').values(chunk).execute());
      await beginHealth(session, devices);
    },

    async update(id, changes) {
      const { health, firmware, attributes } = changes;
      const values = {
        driver: changes.driver,
        identity: changes.identity,
        kind: changes.kind,
        vendor: changes.vendor,
        model: changes.model,
        address: changes.address,
        numa_node: changes.numaNode,
        ...(health === undefined ? {} : { health_state: health.state, health_reason: health.reason ?? null }),
        firmware: firmware && JSON.stringify(firmware),
        attributes: attributes && JSON.stringify(attributes),
        state: changes.state,
        state_reason: changes.stateReason,
        state_before_gone: changes.stateBeforeGone,
        gone_at: changes.goneAt,
        updated_at: now(),
        ...(changes.state === undefined || isWaiting(changes.state) ? {} : { untouched: 0 }),
      };
      await db
        .updateTable('device')
        .set(values)
        .set((eb) => ({ version: eb('version', '+', 1) }))
        .where('id', '=', id)
        .execute();
      if (health !== undefined) await changeHealth(session, { id, health });
    },

    async remove(ids) {
      await inChunks(ids, (chunk) => db.deleteFrom('device').where('id', 'in', chunk).execute());
    },

    async touch(host, driver, seenAt) {
      await db
        .updateTable('device')
        .set({ last_seen_at: seenAt })
        .where('host', '=', host)
        .where('driver', '=', driver)
        .where('state', '!=', 'gone')
        .execute();
    },
  };
}

/** Whether nothing was decided by bringing a device into a state. */
const isWaiting = (state: DeviceState): boolean => state === 'discovered' || state === 'gone';

/** A new device as a row. */
export function toDeviceRow(device: NewDevice, createdAt: number) {
  return {
    id: device.id,
    host: device.host,
    driver: device.driver,
    identity: device.identity,
    kind: device.kind,
    vendor: device.vendor,
    model: device.model,
    address: device.address,
    numa_node: device.numaNode,
    health_state: device.health.state,
    health_reason: device.health.reason ?? null,
    firmware: JSON.stringify(device.firmware),
    attributes: JSON.stringify(device.attributes),
    state: device.state,
    state_reason: null,
    state_before_gone: null,
    gone_at: null,
    version: 1,
    created_at: createdAt,
    updated_at: null,
    last_seen_at: createdAt,
    untouched: isWaiting(device.state) ? 1 : 0,
  };
}
