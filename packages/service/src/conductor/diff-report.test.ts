import type { DiscoveredDevice } from '@cyborgjs/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDevice } from '../../test/a-discovered-device.ts';
import { arbitraryInventory } from '../../test/arbitrary-inventory.ts';
import { benchHost, type ConductorBench, openConductorBench } from '../../test/conductor-bench.ts';
import { diffReport, isUnchanged } from './diff-report.ts';
import { normaliseReport } from './normalise-report.ts';

let bench: ConductorBench;
beforeAll(async () => {
  bench = await openConductorBench();
  await bench.tell({ kind: 'hello' });
});
afterAll(() => bench.end());

/** What a device is, told by a driver or read from the store, in one form. */
function essence(
  device: Pick<DiscoveredDevice, 'identity'> &
    Omit<DiscoveredDevice, 'identity' | 'deployables'> & {
      readonly deployables: readonly Pick<
        DiscoveredDevice['deployables'][number],
        'name' | 'resourceClass' | 'traits' | 'handles'
      >[];
    },
) {
  const { identity, kind, vendor, model, address, numaNode, health, firmware, attributes } = device;
  return {
    ...{ identity, kind, vendor, model, address, numaNode, health, firmware, attributes },
    deployables: device.deployables
      .map(({ name, resourceClass, traits, handles }) => ({
        ...{ name, resourceClass, traits: traits.toSorted() },
        handles: handles
          .map(({ id, type, info }) => ({ id, type, info }))
          .sort((a, b) => a.id.localeCompare(b.id)),
      }))
      .sort((a, b) => a.name.localeCompare(b.name)),
  };
}

const byIdentity = (a: { identity: string | null }, b: { identity: string | null }) =>
  (a.identity ?? '') < (b.identity ?? '') ? -1 : 1;

async function storedDevices(driver: string) {
  return (await bench.store.devices.list({ host: benchHost, driver })).items;
}

describe('a report that is taken in', () => {
  it('makes what is stored what was reported, whatever was stored before', async () => {
    let drivers = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryInventory, arbitraryInventory, async (before, after) => {
        const driver = `driver-${drivers++}`;
        await bench.report(before, { driver });
        await bench.report(after, { driver });
        const there = (await storedDevices(driver)).filter(({ state }) => state !== 'gone');
        expect(there.map(essence).sort(byIdentity)).toEqual(after.map(essence).sort(byIdentity));
        for (const { deployables } of there)
          for (const { attributes, resourceClass, traits, total, handles } of deployables) {
            expect(total).toBe(handles.length);
            expect(Object.fromEntries(attributes.map(({ key, value }) => [key, value]))).toEqual({
              rc: resourceClass,
              ...Object.fromEntries(traits.map((trait, index) => [`trait${index}`, trait])),
            });
          }
      }),
      { numRuns: 60 },
    );
  });

  it('leaves nothing to change: comparing again finds no difference', async () => {
    let drivers = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryInventory, { minLength: 1, maxLength: 3 }), async (inventories) => {
        const driver = `again-${drivers++}`;
        for (const inventory of inventories) await bench.report(inventory, { driver });
        const stored = await storedDevices(driver);
        const { devices: reported } = normaliseReport(inventories.at(-1) ?? [], stored);
        const diff = diffReport({ stored, reported, busy: new Set(), isRetained: () => false });
        expect(diff).toEqual({ created: [], updated: [], returned: [], vanished: [] });
        const versions = stored.map(({ version }) => version);
        await bench.report(inventories.at(-1) ?? [], { driver });
        expect((await storedDevices(driver)).map(({ version }) => version)).toEqual(versions);
      }),
      { numRuns: 40 },
    );
  });

  it('never shows one identity twice, and keeps the id of what was there before', async () => {
    let drivers = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryInventory, arbitraryInventory, async (before, after) => {
        const driver = `same-${drivers++}`;
        await bench.report(before, { driver });
        const ids = new Map((await storedDevices(driver)).map(({ identity, id }) => [identity, id]));
        await bench.report(after, { driver });
        await bench.report(before, { driver });
        const stored = await storedDevices(driver);
        expect(new Set(stored.map(({ identity }) => identity)).size).toBe(stored.length);
        for (const { identity, id } of stored) expect(ids.get(identity) ?? id).toBe(id);
      }),
      { numRuns: 40 },
    );
  });
});

describe('comparing a report', () => {
  it('takes a card that was replaced at the same address as one gone and one new', async () => {
    const [card, other] = [
      { ...deviceAt(), identity: 'OLD' },
      { ...deviceAt(), identity: 'NEW' },
    ];
    await bench.report([card], { driver: 'replaced' });
    const stored = await storedDevices('replaced');
    const diff = diffReport({ stored, reported: [other], busy: new Set(), isRetained: () => false });
    expect(diff.created.map(({ identity }) => identity)).toEqual(['NEW']);
    expect(diff.vanished.map(({ identity }) => identity)).toEqual(['OLD']);
  });

  it('says nothing of the absence of a device that an operation works on', async () => {
    await bench.report([{ ...deviceAt(), identity: 'BUSY' }], { driver: 'busy' });
    const stored = await storedDevices('busy');
    const busy = new Set(stored.map(({ id }) => id));
    expect(diffReport({ stored, reported: [], busy, isRetained: () => false }).vanished).toEqual([]);
  });

  it('follows a card to another address', async () => {
    await bench.report([deviceAt('0000:01:00.0')], { driver: 'moved' });
    const stored = await storedDevices('moved');
    const { devices: reported } = normaliseReport([{ ...deviceAt('0000:02:00.0'), deployables: [] }], stored);
    const diff = diffReport({ stored, reported, busy: new Set(), isRetained: () => true });
    expect(diff.updated.map(({ facts }) => facts)).toEqual([{ address: '0000:02:00.0' }]);
    expect(diff.updated.some(isUnchanged)).toBe(false);
  });
});

function deviceAt(address = '0000:01:00.0') {
  return { ...aDevice({ address, deployables: [] }), identity: 'GPU-9' };
}
