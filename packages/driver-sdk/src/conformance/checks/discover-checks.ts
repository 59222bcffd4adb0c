import {
  type DiscoveredDeployable,
  DiscoveredDevice,
  standardAcceleratorClasses,
  Trait,
} from '@cyborgjs/core';
import { type Bench, describeOutcome, differenceOf } from '../bench.ts';
import type { Check } from '../check.ts';
import { describeCall, isMutation } from '../fault-machine.ts';
import { timeDiscover } from './timed-discover.ts';

export const discoverPure: Check = {
  id: 7,
  name: 'discover-pure',
  scope: 'fixture',
  holds: 'Discovery writes nothing and runs no tool but those that only ask; the machine is as before.',
  why: 'Discovery runs every minute on hosts full of guests; it must not change anything.',
  run: (bench) =>
    bench.trial(async ({ staged, call }) => {
      const before = await staged.state();
      const outcome = await call('discover');
      for (const use of outcome.calls)
        bench.expect(!isMutation(use), () => `discover changes the machine: ${describeCall(use)}`);
      const difference = differenceOf(before, await staged.state());
      bench.expect(difference === undefined, () => `discover changed the machine: ${difference}`);
    }),
};

export const inventoryShape: Check = {
  id: 9,
  name: 'shape',
  scope: 'fixture',
  holds:
    'The answer fits the contract; addresses, identities, names and handles are there once; traits and resource classes are ones that Placement takes.',
  why: 'An answer that does not fit the contract is refused whole: none of the cards could be used.',
  run: async (bench) => {
    const outcome = await bench.trial(({ call }) => call('discover'));
    const parsed = DiscoveredDevice.array().safeParse(
      outcome.kind === 'answered' ? outcome.value : undefined,
    );
    bench.expect(
      parsed.success,
      () => `discover ${describeOutcome(outcome)}: ${parsed.error?.message ?? ''}`,
    );
    expectDistinct(bench, parsed.data ?? []);
    for (const { deployables } of parsed.data ?? [])
      for (const deployable of deployables) expectPlaceable(bench, deployable);
  },
};

/** What names something must name one thing only. */
function expectDistinct({ expect }: Bench, devices: readonly DiscoveredDevice[]): void {
  const deployables = devices.flatMap((device) => device.deployables);
  const handles = deployables.flatMap((deployable) => deployable.handles);
  expectUnique(
    expect,
    'address',
    devices.map(({ address }) => address),
  );
  expectUnique(
    expect,
    'identity',
    devices.flatMap(({ identity }) => identity ?? []),
  );
  expectUnique(
    expect,
    'deployable name',
    deployables.map(({ name }) => name),
  );
  expectUnique(
    expect,
    'handle id',
    handles.map(({ id }) => id),
  );
}

/** What Placement would not take. */
function expectPlaceable({ expect }: Bench, { name, traits, resourceClass }: DiscoveredDeployable): void {
  expect(traits.includes(Trait.parse('OWNER_CYBORG')), () => `${name} lacks the trait OWNER_CYBORG`);
  expectUnique(expect, `trait of ${name}`, traits);
  expect(
    resourceClass.startsWith('CUSTOM_') ||
      standardAcceleratorClasses.some((known) => known === resourceClass),
    () =>
      `${name} has the resource class ${resourceClass}, which Placement does not know and will not create`,
  );
}

function expectUnique(
  expect: (holds: boolean, finding: () => string) => void,
  what: string,
  values: readonly string[],
): void {
  const twice = values.filter((value, index) => values.indexOf(value) !== index);
  expect(twice.length === 0, () => `the same ${what} is there more than once: ${twice.join(', ')}`);
}

export const idsStable: Check = {
  id: 8,
  name: 'ids-stable',
  scope: 'fixture',
  holds: 'The same cards at other bus addresses have the same identities, and none holds an address.',
  why: 'Cards are renumbered over reboots; one that changes its identity loses its state and its consumers.',
  run: async (bench) => {
    if (bench.fixture.moved === undefined) return bench.notShown('the fixture cannot move its cards');
    const before = (await bench.inventory()).map(({ identity }) => identity);
    if (before.every((identity) => identity === null))
      return bench.notShown(
        'no card of this fixture has a serial number or UUID; the host names them by address',
      );
    const moved = await bench.trial(({ call }) => call('discover'), bench.fixture.moved);
    const after = moved.kind === 'answered' ? (moved.value as DiscoveredDevice[]) : [];
    const sorted = (ids: readonly (string | null)[]): string => JSON.stringify([...ids].sort());
    bench.expect(
      sorted(before) === sorted(after.map(({ identity }) => identity)),
      () => `identities were ${sorted(before)}; at other addresses discover ${describeOutcome(moved)}`,
    );
    const addresses = (await bench.inventory()).map(({ address }) => address);
    for (const identity of before)
      bench.expect(
        !addresses.some((address) => identity?.includes(address) === true),
        () => `the identity ${identity} holds a bus address`,
      );
  },
};

const soonMs = 1_000;

export const noneIsEmpty: Check = {
  id: 10,
  name: 'none',
  scope: 'fixture',
  holds: 'Without the hardware discovery answers an empty list, soon, and no error.',
  why: 'Agents enable a driver on every host; where its hardware is not, that is no error.',
  run: async (bench) => {
    if (bench.fixture.bare === undefined)
      return bench.notShown('the fixture has no machine without the hardware');
    const outcome = await timeDiscover(bench, bench.fixture.bare, soonMs);
    bench.expect(
      outcome.kind === 'answered' && JSON.stringify(outcome.value) === '[]',
      () => `without hardware discover ${describeOutcome(outcome)}; expected []`,
    );
    bench.expect(
      outcome.tookMs < soonMs,
      () => `finding nothing took ${outcome.tookMs} ms; expected less than ${soonMs}`,
    );
  },
};

export const foreignCards: Check = {
  id: 16,
  name: 'foreign',
  scope: 'fixture',
  holds:
    'Exactly the devices of the fixture are reported: no card of others, no virtual function beside its card.',
  why: "Another's card, or a virtual function beside its own card, would be given out twice.",
  run: async (bench) => {
    const devices = await bench.inventory();
    const reported = devices.map(({ address }) => address).sort();
    const expected = [...bench.fixture.devices].sort();
    bench.expect(
      reported.join() === expected.join(),
      () =>
        `discover reported ${reported.join(', ') || 'nothing'}; expected ${expected.join(', ') || 'nothing'}`,
    );
  },
};

export const enumerationFails: Check = {
  id: 11,
  name: 'enumeration-fails',
  scope: 'fixture',
  holds: 'When the list of all devices cannot be read, discovery fails; it never answers an empty list.',
  why: 'An empty list means that the cards are gone: their inventory is taken away although they are there.',
  run: async (bench) => {
    const golden = await bench.trial(({ call }) => call('discover'));
    const first = golden.calls.find(({ verb }) => verb === 'list');
    if (first === undefined) return bench.notShown('discovery lists no directory');
    for (const errno of ['EIO', 'EACCES'] as const) {
      const outcome = await bench.trial(({ call }) =>
        call('discover', undefined, {
          plan: ({ index }) => (index === first.index ? { kind: 'error', errno } : undefined),
        }),
      );
      bench.expect(
        outcome.kind === 'failed' && ['hardware', 'denied', 'unavailable'].includes(outcome.failure.code),
        () =>
          `when ${describeCall(first)} gave ${errno}, discover ${describeOutcome(outcome)}; expected it to fail with hardware or denied`,
      );
    }
  },
};
