// Measures what there is to measure: npm run bench [-- names] [--json]
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Bench, type BenchResult, runBench } from './bench.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });

const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace('.bench.ts', ''));
const unknown = positionals.find((name) => !known.includes(name));
if (unknown !== undefined) throw new Error(`there is no bench "${unknown}"; there are: ${known.join(', ')}`);

const results: BenchResult[] = [];
for (const name of positionals.length > 0 ? positionals : known) {
  const { bench }: { bench: Bench } = await import(`./${name}.bench.ts`);
  if (!values.json) console.log(`${name}: ${bench.what}`);
  const missing = await bench.missing?.();
  if (missing !== undefined) {
    if (!values.json) console.log(`  left out: ${missing}`);
    continue;
  }
  const result = await runBench(name, bench);
  results.push(result);
  if (!values.json) console.log(`  ${sentence(result)}`);
}
if (values.json) console.log(JSON.stringify(results, undefined, 2));
process.exitCode = results.every(({ isWithin }) => isWithin) ? 0 : 1;

function sentence({ median, lowest, highest, unit, baseline, isWithin }: BenchResult): string {
  const own = `${short(median)} ${unit} (${short(lowest)} to ${short(highest)})`;
  const beside =
    baseline === null
      ? ''
      : `; ${short(baseline.ratio)} times ${baseline.what}, ${short(baseline.median)} ${unit}`;
  return `${own}${beside}${isWithin ? '' : '  beyond its limit'}`;
}

function short(value: number): string {
  return value.toFixed(value < 10 ? 2 : 0);
}
