// All checks that need nothing but the sources. Alone: node tools/gate/laws.ts
import { checkDefaultExports } from './default-exports.ts';
import { checkFileNames } from './file-names.ts';
import { reportFindings } from './finding.ts';
import { checkImportCycles } from './import-cycles.ts';
import { checkImportLaw } from './import-law.ts';
import { checkLinks } from './links.ts';
import { checkSizes } from './sizes.ts';
import { readSourceTree } from './source-tree.ts';
import { checkWordsEverywhere } from './words.ts';

const tree = readSourceTree();
const checks = [checkImportLaw, checkImportCycles, checkSizes, checkFileNames, checkDefaultExports];
process.exitCode = reportFindings([
  ...checks.flatMap((check) => check(tree)),
  ...checkWordsEverywhere(tree.root),
  ...checkLinks(tree.root),
]);
