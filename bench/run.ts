// Measures what there is to measure: npm run bench [-- names] [--only part] [--json]
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Bench, type BenchResult, runBench } from './bench.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, only: { type: 'string', default: '' } },
});

const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace('.bench.ts', ''));
const unknown = positionals.find((name) => !known.includes(name));
if (unknown !== undefined) throw new Error(`there is no bench "${unknown}"; there are: ${known.join(', ')}`);

const results: BenchResult[] = [];
for (const name of positionals.length > 0 ? positionals : known) {
  const { bench, benches = {}, end }: BenchFile = await import(`./${name}.bench.ts`);
  const all = Object.entries(benches).map(([part, one]) => [`${name} ${part}`, one] as const);
  for (const [title, one] of bench === undefined ? all : [[name, bench] as const, ...all]) {
    if (!title.includes(values.only)) continue;
    if (!values.json) console.log(`${title}: ${one.what}`);
    const missing = await one.missing?.();
    if (missing !== undefined) {
      if (!values.json) console.log(`  left out: ${missing}`);
      continue;
    }
    const result = await runBench(title, one);
    results.push(result);
    if (!values.json) console.log(`  ${sentence(result)}`);
  }
  await end?.();
}
if (values.json) console.log(JSON.stringify(results, undefined, 2));
process.exitCode = results.every(({ isWithin }) => isWithin) ? 0 : 1;

interface BenchFile {
  readonly bench?: Bench;
  /** Several of one subject, by name. */
  readonly benches?: Readonly<Record<string, Bench>>;
  /** Stops what they have started for each other. */
  end?(): Promise<void>;
}

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
