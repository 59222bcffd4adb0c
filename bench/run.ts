// Measures what there is to measure, each beside what it is compared with.
//
//   npm run bench                                   all, which takes hours
//   npm run bench -- api                            those in api.bench.ts; others by the names of their files
//   npm run bench -- api --only "mysql cycle"       those with that in their title
//   npm run bench -- api --json
import { readdirSync } from 'node:fs';
import { refuse, toolArguments } from '../tools/tool-arguments.ts';
import { type Bench, type BenchResult, runBench } from './bench.ts';

const { values, positionals } = toolArguments(import.meta.filename, {
  allowPositionals: true,
  options: { json: { type: 'boolean' }, only: { type: 'string', default: '' } },
});

const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace('.bench.ts', ''));
const unknown = positionals.find((name) => !known.includes(name));
if (unknown !== undefined) refuse(`There is no bench "${unknown}"; there are: ${known.join(', ')}.`);

const results: BenchResult[] = [];
for (const name of positionals.length > 0 ? positionals : known) {
  const { bench, benches = {}, close }: BenchFile = await import(`./${name}.bench.ts`);
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
  await close?.();
}
if (values.json) console.log(JSON.stringify(results, undefined, 2));
process.exitCode = results.every(({ isWithin }) => isWithin) ? 0 : 1;

interface BenchFile {
  readonly bench?: Bench;
  /** Several of one subject, by name. */
  readonly benches?: Readonly<Record<string, Bench>>;
  /** Ends what the benches have left running for each other. */
  close?(): Promise<void>;
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
