// The page of the conformance kit. Alone: node --conditions=cyborg-source tools/gate/conformance-page.ts [--write]
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Finding, reportFindings, wall } from './finding.ts';
import { repositoryRoot } from './source-tree.ts';

const page = 'docs/conformance.md';
const kit = 'packages/driver-sdk/src/conformance/index.ts';
const faultyDrivers = 'packages/driver-sdk/test/faulty-drivers';

/** What the page tells of one check. */
export interface CheckRow {
  readonly id: number;
  readonly name: string;
  readonly holds: string;
  readonly why: string;
  readonly levels: string;
}

/** What the page tells of one faulty driver. */
export interface MistakeRow {
  /** Name of its file, without the ending. */
  readonly file: string;
  readonly what: string;
  readonly seen: string;
  readonly says: string;
  readonly checks: readonly number[];
}

interface KitModule {
  readonly conformanceChecks: readonly Omit<CheckRow, 'levels'>[];
  readonly replayChecks: readonly number[];
  readonly hardwareChecks: readonly number[];
}

/** The checks of the kit in this repository, by number. */
export async function readChecks(root: string): Promise<CheckRow[]> {
  const module: KitModule = await import(pathToFileURL(join(root, kit)).href);
  const levelsOf = (id: number): string =>
    [
      ...(module.replayChecks.includes(id) ? ['replay'] : []),
      'sim',
      ...(module.hardwareChecks.includes(id) ? ['hardware'] : []),
    ].join(', ');
  return module.conformanceChecks
    .map(({ id, name, holds, why }) => ({ id, name, holds, why, levels: levelsOf(id) }))
    .sort((a, b) => a.id - b.id);
}

/** The faulty drivers of this repository, by the first check that finds each. */
export async function readMistakes(root: string): Promise<MistakeRow[]> {
  const directory = join(root, faultyDrivers);
  const rows = readdirSync(directory).map(async (name): Promise<MistakeRow[]> => {
    const module: { readonly mistake?: Omit<MistakeRow, 'file'> } = await import(
      pathToFileURL(join(directory, name)).href
    );
    return module.mistake === undefined ? [] : [{ file: name.replace(/\.ts$/, ''), ...module.mistake }];
  });
  return (await Promise.all(rows))
    .flat()
    .sort((a, b) => (a.checks[0] ?? 0) - (b.checks[0] ?? 0) || (a.file < b.file ? -1 : 1));
}

/** The page, from what it tells. */
export function conformancePage(checks: readonly CheckRow[], mistakes: readonly MistakeRow[]): string {
  const caught = (id: number): string =>
    mistakes.filter((mistake) => mistake.checks.includes(id)).length.toString();
  return `# Conformance

Made from the checks and from the faulty drivers by \`npm run ok -- --write conformance\`; do not edit.

\`cyborg-driver test\` runs ${checks.length} checks on a driver. Level \`replay\` shows it on recordings of a machine, \`sim\` on
simulated machines that change and break, \`hardware\` on a real card: only looking, or with \`--device\` and
\`--destructive\` by attaching it. A check ends as passed, failed, not shown (it could not be tried, with the reason) or not
applicable (the driver has nothing that it is about, as without \`program\`). Only passed counts as shown.

## The checks

| # | check | what is tried and must hold | why | levels | faulty drivers caught |
|---|---|---|---|---|---|
${checks.map(({ id, name, holds, why, levels }) => row([String(id), name, holds, why, levels, caught(id)])).join('\n')}

## Mistakes that the kit catches

Each is a driver in [packages/driver-sdk/test/faulty-drivers](../packages/driver-sdk/test/faulty-drivers): a good one with
that mistake. The suite runs all checks on each; exactly those named fail, and the report begins as it says here.

| a driver that | seen at | caught by | the report says |
|---|---|---|---|
${mistakes
  .map(({ file, what, seen, says, checks: ids }) =>
    row([`[${what}](../${faultyDrivers}/${file}.ts)`, seen, ids.join(', '), says]),
  )
  .join('\n')}
`;
}

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ')).join(' | ')} |`;

/** Whether the committed page is what the sources say. */
export function checkConformancePage(committed: string | undefined, wanted: string): Finding[] {
  if (committed === wanted) return [];
  return [wall(page, undefined, 'is not what the checks say; run npm run ok -- --write conformance')];
}

if (import.meta.main) {
  const wanted = conformancePage(await readChecks(repositoryRoot), await readMistakes(repositoryRoot));
  const file = join(repositoryRoot, page);
  if (process.argv.includes('--write')) writeFileSync(file, wanted);
  process.exitCode = reportFindings(
    checkConformancePage(existsSync(file) ? readFileSync(file, 'utf8') : undefined, wanted),
  );
}
