import { randomUUID } from 'node:crypto';
import { CyborgError, type Uuid } from '@cyborgjs/core';
import pino from 'pino';
import { composeNova } from './compose-nova.ts';
import type { Config } from './config-schema.ts';
import { type ImportReport, importCyborg } from './import/import-cyborg.ts';
import { readCyborg } from './import/read-cyborg.ts';
import { claimStateDir } from './state-dir.ts';
import { createStore } from './store/create-store.ts';
import { storeTarget } from './store-target.ts';

/** What the command line says about an import. */
export interface ImportFlags {
  /** Address of Cyborg's database. */
  readonly from?: string;
  /** Write it; without it everything is only looked at. */
  readonly apply?: boolean;
  readonly json?: boolean;
}

/**
 * `cyborgd import`: prints what a Cyborg has and what would become of it, and with `apply` brings it over. Throws
 * `import.refused` where something here is in the way: nothing is written then.
 */
export async function importFrom(
  config: Config,
  { from, apply = false, json = false }: ImportFlags,
): Promise<void> {
  if (from === undefined || from === '')
    throw new CyborgError(
      'import.source_unknown',
      'say which database: --from mysql://user:password@host:3306/cyborg, or in CYBORG_IMPORT_FROM, where others on this machine do not see it',
    );
  const dump = await readCyborg(from);
  const stateDir = await claimStateDir(config.stateDir, 'import');
  try {
    const report = await bringOver(config, dump, apply);
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report, apply));
    const refused = report.findings.filter(({ kind }) => kind === 'refused').length;
    if (refused > 0)
      throw new CyborgError(
        'import.refused',
        `${refused} rows are refused: something here is in their way. Nothing was written; mend what is refused and import again`,
        { details: { refused } },
      );
  } finally {
    await stateDir.release();
  }
}

async function bringOver(
  config: Config,
  dump: Awaited<ReturnType<typeof readCyborg>>,
  apply: boolean,
): Promise<ImportReport> {
  const log = pino({ level: config.log.level }, pino.destination(2));
  const init = { now: Date.now, newId: () => randomUUID() as Uuid, log };
  const store = await createStore(storeTarget(config), init);
  const nova = composeNova(config);
  try {
    return await importCyborg(dump, { apply }, { store, projectOf: nova?.projectOf ?? null, now: Date.now });
  } finally {
    await store.close();
  }
}

function textOf({ revision, applied, counts, findings }: ImportReport, asked: boolean): string {
  const table = Object.entries(counts).map(
    ([thing, { found, added }]) =>
      `  ${thing.padEnd(22)}${String(found).padStart(8)}${String(added).padStart(10)}`,
  );
  const lines = findings.map(
    ({ kind, table: name, id, uuid, reason }) =>
      `${kind.padEnd(8)}${name} ${id ?? '?'} (${uuid ?? '?'}): ${reason}`,
  );
  const ending = applied
    ? 'All of it is written.'
    : asked
      ? 'Nothing was written.'
      : 'This was a dry run: nothing was written. --apply writes it.';
  return [
    `Cyborg's database, revision ${revision}`,
    `  ${''.padEnd(22)}${'found'.padStart(8)}${'to add'.padStart(10)}`,
    ...table,
    ...(lines.length === 0 ? [] : ['', ...lines]),
    '',
    ending,
    '',
  ].join('\n');
}
