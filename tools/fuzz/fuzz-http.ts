// Sends a running service what it does not expect: npm run fuzz:http [-- --requests 100000] [--seed 1] [--database mysql]
import { type FuzzHttpReport, fuzzHttp } from '../../packages/service/test/fuzz/fuzz-http.ts';
import { testDatabases } from '../../packages/service/test/test-store.ts';
import { refuse, toolArguments } from '../tool-arguments.ts';

const { values } = toolArguments(import.meta.filename, {
  options: {
    requests: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    database: { type: 'string' },
  },
});

const chosen = testDatabases.filter(({ kind }) => values.database === undefined || kind === values.database);
if (chosen.length === 0)
  refuse(
    `There is no database "${values.database}"; there are: ${testDatabases.map(({ kind }) => kind).join(', ')}.`,
  );

for (const database of chosen) {
  if (database.missing !== undefined) {
    console.log(`${database.kind}: left out: ${database.missing}`);
    continue;
  }
  const startedAt = performance.now();
  const order = {
    database,
    requests: Number(values.requests),
    seed: Number(values.seed),
    onLap({ requests: sent, residentMiB: [, highest] }: FuzzHttpReport) {
      if (sent % 5_000 === 0)
        console.log(`${database.kind}: ${sent} sent, at most ${Math.round(highest)} MiB`);
    },
  };
  const { requests, statuses, slowestMs, residentMiB, findings } = await fuzzHttp(order);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.log(
    `${database.kind}: ${requests} requests in ${seconds} s, slowest ${Math.round(slowestMs)} ms, ` +
      `memory ${residentMiB.map(Math.round).join(' to ')} MiB, answers ${JSON.stringify(statuses)}: ` +
      (findings.length === 0 ? 'well' : `${findings.length} findings`),
  );
  for (const finding of findings) console.log(finding);
  if (findings.length > 0) process.exitCode = 1;
}
