import { expect, it } from 'vitest';
import { runBounded } from './run-bounded.ts';

const tick = () => new Promise((resolve) => setImmediate(resolve));

it('runs no more at once than it may, and gives the results in order', async () => {
  let running = 0;
  let most = 0;
  const items = Array.from({ length: 20 }, (_, at) => at);
  const results = await runBounded(items, 4, async (item, at) => {
    most = Math.max(most, ++running);
    for (let turns = (item * 7) % 5; turns >= 0; turns -= 1) await tick();
    running -= 1;
    return [item * 2, at];
  });
  expect(results).toEqual(items.map((item) => [item * 2, item]));
  expect(most).toBe(4);
});

it('begins no more after an error', async () => {
  const begun: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    await tick();
    if (item === 1) throw new Error('no');
    return item;
  };
  await expect(runBounded([0, 1, 2, 3, 4, 5, 6, 7], 2, work)).rejects.toThrow('no');
  await tick();
  await tick();
  expect(begun.length).toBeLessThanOrEqual(4);
});

it('of nothing is nothing', async () => expect(await runBounded([], 3, async () => 1)).toEqual([]));
