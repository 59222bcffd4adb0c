import type { DiscoveredDevice, Report } from '@cyborgjs/core';
import { toDriverFailure } from '@cyborgjs/driver-sdk';
import type { AgentDriver } from './agent-driver.ts';
import { fillIdentities, type IdentifiedDevice } from './fill-identities.ts';
import type { Ledger } from './ledger.ts';
import { noteHotplug } from './note-hotplug.ts';

interface DiscoveryInit {
  /** Drivers may come and go; what the list holds counts. */
  readonly drivers: readonly AgentDriver[];
  readonly ledger: Ledger;
  readonly bootId: string;
  readonly now: () => number;
}

/** Asks drivers what is there and keeps the last true answer of each. */
export interface Discovery {
  /** One driver's report; a scan already under way is shared. */
  scan(driver: AgentDriver): Promise<Report>;
  /** One driver's report of what is there from now on: a scan already under way is waited for first. */
  scanAfresh(driver: AgentDriver): Promise<Report>;
  /** Forgets what a driver found that no longer belongs to this host; a scan under way is waited for. */
  forget(driver: string): Promise<void>;
  /** Last known devices by driver, of this run or an earlier one. */
  inventories(): ReadonlyMap<string, readonly IdentifiedDevice[]>;
  /**
   * Whether every driver has answered at least once, ever: only then does absence mean anything. One that the
   * operator has disabled is not waited for.
   */
  isComplete(): boolean;
  claimedTraits(): ReadonlySet<string>;
}

/** Takes up the inventories that the ledger remembers, and drops those of drivers that no longer run. */
export async function createDiscovery(init: DiscoveryInit): Promise<Discovery> {
  const { drivers, ledger, now } = init;
  const inventories = await rememberedInventories(init);
  const claimed = await ledger.claimedTraits();
  const scans = shareScans(scanNow);
  let sequence = 0;

  async function keep(
    driver: string,
    found: readonly DiscoveredDevice[],
  ): Promise<readonly IdentifiedDevice[]> {
    const known = await ledger.identities(driver, init.bootId);
    const { devices, byAddress } = fillIdentities(found, known);
    if (!sameEntries(known, byAddress)) await ledger.writeIdentities(driver, init.bootId, byAddress);
    await claim(devices);
    if (JSON.stringify(inventories.get(driver)) !== JSON.stringify(devices))
      await ledger.writeInventory(driver, { observedAt: now(), devices: [...devices] });
    inventories.set(driver, devices);
    return devices;
  }

  async function claim(devices: readonly IdentifiedDevice[]): Promise<void> {
    const before = claimed.size;
    for (const device of devices)
      for (const deployable of device.deployables) for (const trait of deployable.traits) claimed.add(trait);
    if (claimed.size > before) await ledger.writeClaimedTraits(claimed);
  }

  async function scanNow(driver: AgentDriver): Promise<Report> {
    const origin = { driver: driver.id, sequence: ++sequence };
    try {
      const found = await driver.call('discover', {});
      const devices = await keep(driver.id, found.map(noteHotplug));
      return { ...origin, observedAt: now(), outcome: { kind: 'inventory', devices: [...devices] } };
    } catch (error) {
      return { ...origin, observedAt: now(), outcome: { kind: 'failure', failure: toDriverFailure(error) } };
    }
  }

  return {
    scan: scans.scan,
    async scanAfresh(driver) {
      await scans.settled(driver.id);
      return scans.scan(driver);
    },
    async forget(driver) {
      await scans.settled(driver);
      inventories.delete(driver);
      await ledger.removeInventory(driver);
    },
    inventories: () => inventories,
    isComplete: () =>
      drivers.every((driver) => inventories.has(driver.id) || driver.status().state === 'disabled'),
    claimedTraits: () => claimed,
  };
}

async function rememberedInventories({
  drivers,
  ledger,
}: DiscoveryInit): Promise<Map<string, readonly IdentifiedDevice[]>> {
  const ids = new Set(drivers.map((driver) => driver.id));
  const inventories = new Map<string, readonly IdentifiedDevice[]>();
  for (const [driver, inventory] of await ledger.inventories()) {
    if (ids.has(driver)) inventories.set(driver, identified(inventory.devices));
    else await ledger.removeInventory(driver);
  }
  return inventories;
}

/** One scan of a driver at a time: who asks while it is under way gets that one. */
function shareScans(scanNow: (driver: AgentDriver) => Promise<Report>) {
  const underWay = new Map<string, Promise<Report>>();
  return {
    scan(driver: AgentDriver): Promise<Report> {
      const running = underWay.get(driver.id) ?? scanNow(driver).finally(() => underWay.delete(driver.id));
      underWay.set(driver.id, running);
      return running;
    },
    settled: (driver: string): Promise<Report> | undefined => underWay.get(driver),
  };
}

/** What the ledger holds was identified when it was written. */
const identified = (devices: readonly DiscoveredDevice[]): readonly IdentifiedDevice[] =>
  fillIdentities(devices, new Map()).devices;

function sameEntries(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
}
