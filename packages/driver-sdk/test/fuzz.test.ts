import { expect, it } from 'vitest';
import { fuzzParser } from '../src/conformance/index.ts';
import { targets } from './fuzz-targets.ts';

it.each(await targets())('$name: damaged inputs are read or refused, and nothing else', async (target) => {
  const report = await fuzzParser(target, {
    inputs: 1_500,
    seed: 20,
    mostMs: 5_000,
    now: () => performance.now(),
  });
  expect(report).toMatchObject({ inputs: 1_500, finding: undefined });
});
