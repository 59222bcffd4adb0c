import type { DiscoveredDevice } from '@cyborgjs/core';
import { type Bench, describeOutcome, sameAnswer, type Trial } from '../bench.ts';
import type { Check } from '../check.ts';
import { expectHints } from './watch-hints.ts';

export const hotplugHealth: Check = {
  id: 47,
  name: 'hotplug-health',
  scope: 'fixture',
  holds:
    'A card that is pulled out, plugged in again, fails or recovers is seen so by the next discovery, without any hint and without a restart. A driver that watches tells of a card that comes or goes within five seconds, and what it tells of the health of one the next discovery says too.',
  why: 'Hints get lost; a card that came, went, failed or recovered must be seen as it is by the next discovery.',
  run: async (bench) => {
    const before = await bench.inventory();
    const target = before.at(-1);
    if (target === undefined) return bench.notShown('the fixture has no device');
    await bench.trial(async (trial) => {
      const { unplug, replug } = trial.staged;
      if (unplug === undefined || replug === undefined)
        return bench.notShown('the fixture cannot unplug a card and plug it in again');
      await trial.call('discover');
      await unplug(target.address);
      const others = before.filter(({ address }) => address !== target.address);
      await expectInventory(bench, { trial, expected: others, when: 'after a card was pulled out' });
      await replug(target.address);
      await expectInventory(bench, { trial, expected: before, when: 'after the card was plugged in again' });
    });
    await bench.trial((trial) => failAndRecover(bench, trial, target));
    await expectHints(bench, { before, target });
  },
};

interface InventoryExpectation {
  readonly trial: Trial;
  readonly expected: readonly DiscoveredDevice[];
  readonly when: string;
}

/** What there is, each with its identity; how it feels is another matter. */
async function expectInventory(bench: Bench, { trial, expected, when }: InventoryExpectation): Promise<void> {
  const outcome = await trial.call('discover');
  const found = outcome.kind === 'answered' ? (outcome.value as readonly DiscoveredDevice[]) : undefined;
  const told = (devices: readonly DiscoveredDevice[] | undefined): unknown =>
    devices?.map(({ address, identity }) => ({ address, identity }));
  bench.expect(
    sameAnswer(told(found), told(expected)),
    () => `${when}, discover ${describeOutcome(outcome)}; expected ${JSON.stringify(told(expected))}`,
  );
}

async function failAndRecover(
  bench: Bench,
  trial: Trial,
  { address, health }: DiscoveredDevice,
): Promise<void> {
  const { sicken, recover } = trial.staged;
  if (sicken === undefined || recover === undefined) return;
  const healthNow = async (): Promise<DiscoveredDevice['health'] | undefined> => {
    const outcome = await trial.call('discover');
    if (outcome.kind !== 'answered') return undefined;
    return (outcome.value as readonly DiscoveredDevice[]).find((device) => device.address === address)
      ?.health;
  };
  await healthNow();
  await sicken(address);
  const sick = await healthNow();
  bench.expect(
    sick !== undefined && sick.state !== 'ok' && sick.reason !== undefined,
    () =>
      `after ${address} had failed, discover said its health is ${JSON.stringify(sick)}; expected another state than ok, and a reason`,
  );
  await recover(address);
  const well = await healthNow();
  bench.expect(
    well?.state === health.state,
    () =>
      `after ${address} had recovered, discover said its health is ${JSON.stringify(well)}; expected ${health.state}, without a restart`,
  );
}
