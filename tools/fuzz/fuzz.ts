// Feeds the parsers of all drivers with damaged inputs: npm run fuzz [-- names] [--inputs 1000000] [--seed 1]
//
// A package's targets are what its test/fuzz-targets.ts exports as `targets`.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import {
  type FuzzReport,
  type FuzzTarget,
  fuzzParser,
} from '../../packages/driver-sdk/src/conformance/fuzz-parser.ts';
import { toolArguments } from '../tool-arguments.ts';

const { values, positionals } = toolArguments(import.meta.filename, {
  allowPositionals: true,
  options: { inputs: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
});

const root = join(import.meta.dirname, '../..');
const targets: FuzzTarget[] = [];
for (const file of globSync('packages/*/test/fuzz-targets.ts', { cwd: root }).toSorted()) {
  const module: { targets: () => Promise<readonly FuzzTarget[]> } = await import(join(root, file));
  targets.push(...(await module.targets()));
}
const chosen = targets.filter(({ name }) => positionals.every((word) => name.includes(word)));
if (chosen.length === 0)
  throw new Error(
    `no target has all of ${positionals.join(' ')} in its name; there are: ${targets.map(({ name }) => name).join(', ')}`,
  );

/** Inputs between two looks at the memory; the first of them warms up. */
const lapInputs = 20_000;
const inputs = Math.ceil(Number(values.inputs) / chosen.length);
console.log(`${inputs} damaged inputs for each of ${chosen.length} parsers, seed ${values.seed}`);
for (const target of chosen) {
  const report = await runLaps(target);
  const verdict =
    report.finding === undefined ? 'well' : `${report.finding.what}\n  input: ${report.finding.input}`;
  console.log(
    `${target.name}: ${report.inputs} inputs, ${report.refused} refused, slowest ${report.slowestMs.toFixed(1)} ms, ` +
      `heap grew by ${report.grownMiB.toFixed(1)} MiB, ${report.tookS.toFixed(0)} s: ${verdict}`,
  );
  if (report.finding !== undefined || report.grownMiB > 64) process.exitCode = 1;
}

async function runLaps(
  target: FuzzTarget,
): Promise<FuzzReport & { readonly grownMiB: number; readonly tookS: number }> {
  const startedAt = performance.now();
  const total = { inputs: 0, refused: 0, slowestMs: 0 };
  let finding: FuzzReport['finding'];
  let heap = 0;
  for (let lap = 0; total.inputs < inputs && finding === undefined; lap += 1) {
    const report = await fuzzParser(target, {
      inputs: Math.min(lapInputs, inputs - total.inputs),
      seed: Number(values.seed) * 1_000_003 + lap,
      mostMs: 2_000,
      now: () => performance.now(),
    });
    total.inputs += report.inputs;
    total.refused += report.refused;
    total.slowestMs = Math.max(total.slowestMs, report.slowestMs);
    finding = report.finding;
    globalThis.gc?.();
    if (lap === 0) heap = process.memoryUsage().heapUsed;
  }
  const grownMiB = (process.memoryUsage().heapUsed - heap) / 2 ** 20;
  return { name: target.name, ...total, finding, grownMiB, tookS: (performance.now() - startedAt) / 1000 };
}
