import type { DiscoveredDeployable, Uuid } from '@cyborgjs/core';
import type { StoredDeployable, StoredHandle } from '../store/deployable.ts';
import type { StoredDevice } from '../store/device.ts';
import { importedDriver } from '../store/imported.ts';
import type { StoreTransaction } from '../store/store.ts';
import { handlePlace } from './handle-place.ts';
import type { IdentifiedDevice } from './normalise-report.ts';

interface Reported {
  readonly host: string;
  readonly driver: string;
  /** Stored devices of the driver on the host. */
  readonly stored: readonly StoredDevice[];
  readonly devices: readonly IdentifiedDevice[];
}

/**
 * Makes imported devices those of the driver that reports them, by their address: they keep their ids, their state and
 * whoever holds them, and get the names that the driver has for them. What differs after that is a difference as any
 * other. Returns the devices that were adopted.
 */
export async function adoptImported(
  transaction: StoreTransaction,
  { host, driver, stored, devices }: Reported,
): Promise<readonly StoredDevice[]> {
  if (!(await transaction.imports.awaitsReport(host))) return [];
  const { items: imported } = await transaction.devices.list({ host, driver: importedDriver });
  const identities = new Set(stored.map(({ identity }) => identity));
  const adopted: StoredDevice[] = [];
  for (const device of imported) {
    const reported = devices.find(
      ({ address, identity }) => address === device.address && !identities.has(identity),
    );
    if (reported === undefined) continue;
    identities.add(reported.identity);
    await transaction.devices.update(device.id, { driver, identity: reported.identity });
    await nameAlike(transaction, device, reported);
    transaction.events.add({
      type: 'device.adopted',
      subject: device.id,
      host,
      data: { driver, address: device.address },
    });
    adopted.push(device);
  }
  return adopted;
}

/** Gives deployables and handles the names that the driver has for them, unless another one has that name now. */
async function nameAlike(
  { deployables }: StoreTransaction,
  device: StoredDevice,
  reported: IdentifiedDevice,
): Promise<void> {
  const names = new Set(device.deployables.map(({ name }) => name));
  for (const [ours, theirs] of pairDeployables(device.deployables, reported.deployables)) {
    if (!names.has(theirs.name)) {
      names.add(theirs.name);
      await deployables.update(ours.id, { name: theirs.name });
    }
    const ids = new Set(ours.handles.map(({ id }) => id));
    const free = new Map(theirs.handles.map((handle) => [handlePlace(handle), handle.id]));
    for (const handle of ours.handles) {
      const id = free.get(handlePlace(handle) ?? 'nowhere');
      if (id === undefined || ids.has(id)) continue;
      ids.add(id);
      await deployables.updateHandle(handle.uuid, { id });
    }
  }
}

/** Which deployables are the same: those of one name, else those that share a handle. */
function pairDeployables(
  ours: readonly StoredDeployable[],
  theirs: readonly DiscoveredDeployable[],
): [StoredDeployable, DiscoveredDeployable][] {
  const left = new Set(theirs);
  const pairs: [StoredDeployable, DiscoveredDeployable][] = [];
  const pair = (isSame: (one: StoredDeployable, other: DiscoveredDeployable) => boolean) => {
    for (const one of ours) {
      if (pairs.some(([known]) => known === one)) continue;
      const found = [...left].find((other) => isSame(one, other));
      if (found === undefined) continue;
      left.delete(found);
      pairs.push([one, found]);
    }
  };
  pair((one, other) => one.name === other.name);
  pair((one, other) => other.handles.some((handle) => holdsPlace(one, handlePlace(handle))));
  return pairs;
}

const holdsPlace = ({ handles }: StoredDeployable, place: string | undefined): boolean =>
  place !== undefined && handles.some((handle) => handlePlace(handle) === place);

/**
 * Brings what is held and was imported to where the driver reports it: Cyborg may have cut the hardware otherwise, one
 * device for each function, say. Nobody else can be given the function then. Imported devices of which the driver has
 * reported a part, and that nobody holds any more, go; what they were part of is open where they were. Tells whether
 * something was opened.
 */
export async function settleImported(
  transaction: StoreTransaction,
  {
    host,
    driver,
    adopted,
  }: Omit<Reported, 'stored' | 'devices'> & { readonly adopted: readonly StoredDevice[] },
): Promise<boolean> {
  const isWaiting = await transaction.imports.awaitsReport(host);
  if (!isWaiting && adopted.length === 0) return false;
  const { items: present } = await transaction.devices.list({ host, driver });
  const { items: waiting } = await transaction.devices.list({ host, driver: importedDriver });
  const spots = spotsOf(present);
  const adoptedIds = new Set(adopted.map(({ id }) => id));
  const handlesOf = (device: StoredDevice) => device.deployables.flatMap(({ handles }) => handles);
  for (const device of present.filter(({ id }) => adoptedIds.has(id)))
    for (const handle of handlesOf(device)) if (!handle.present) await moveHeld(transaction, handle, spots);
  let opened = false;
  for (const device of waiting) {
    const seen = present.filter((other) => isSameHardware(device, other, spots));
    if (seen.length === 0) continue;
    let left = 0;
    for (const handle of handlesOf(device))
      if (handle.holder !== null && !(await moveHeld(transaction, handle, spots))) left += 1;
    if (left > 0) continue;
    await transaction.devices.remove([device.id]);
    transaction.events.add({
      type: 'device.removed',
      subject: device.id,
      host,
      data: { address: device.address },
    });
    if (device.state !== 'ready') continue;
    for (const { id } of seen.filter(({ state }) => state === 'discovered')) {
      await transaction.devices.update(id, { state: 'ready' });
      opened = true;
    }
  }
  return opened;
}

/** Where a driver reports a handle. */
interface Spot {
  readonly handle: StoredHandle;
  readonly deviceId: Uuid;
  readonly deployableId: Uuid;
  /** Whether somebody holds it, or came to it just now. */
  isTaken: boolean;
}

/** What a driver reports, by its place. */
function spotsOf(devices: readonly StoredDevice[]): ReadonlyMap<string, Spot> {
  const spots = devices.flatMap(({ id: deviceId, deployables }) =>
    deployables.flatMap(({ id: deployableId, handles }) =>
      handles.flatMap((handle) => {
        const place = handlePlace(handle);
        if (place === undefined || !handle.present) return [];
        return [[place, { handle, deviceId, deployableId, isTaken: handle.holder !== null }] as const];
      }),
    ),
  );
  return new Map(spots);
}

/** Puts a handle that is held into the place of the one that the driver reports; false where it has none. */
async function moveHeld(
  { deployables }: StoreTransaction,
  handle: StoredHandle,
  spots: ReadonlyMap<string, Spot>,
): Promise<boolean> {
  const spot = spots.get(handlePlace(handle) ?? 'nowhere');
  if (handle.holder === null || spot === undefined || spot.isTaken) return false;
  spot.isTaken = true;
  const { uuid, id, type, info } = spot.handle;
  await deployables.removeHandles([uuid]);
  const changes = { deployableId: spot.deployableId, id, type, info, present: true };
  await deployables.updateHandle(handle.uuid, changes);
  return true;
}

function isSameHardware(
  device: StoredDevice,
  other: StoredDevice,
  spots: ReadonlyMap<string, Spot>,
): boolean {
  if (device.address === other.address) return true;
  const handles = device.deployables.flatMap((deployable) => deployable.handles);
  return handles.some((handle) => spots.get(handlePlace(handle) ?? 'nowhere')?.deviceId === other.id);
}
