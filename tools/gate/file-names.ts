// How files and directories are named. Alone: node tools/gate/file-names.ts
import { type Finding, reportFindings, wall } from './finding.ts';
import { readSourceTree, type SourceTree } from './source-tree.ts';

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const sayNothing =
  /^(utils?|helpers?|common|types?|constants?|misc|shared|lib|base-.*|.*-(manager|impl|utils?|helpers?))$/;

/** Names that are not kebab-case, and names that say nothing of what is inside. */
export function checkFileNames(tree: SourceTree): Finding[] {
  return tree.files.flatMap(({ path }) => {
    const parts = path.replace(/(\.(test|config|bench))?\.ts$/, '').split('/');
    return parts.flatMap((part) => {
      if (!kebabCase.test(part)) return [wall(path, undefined, `"${part}" is not kebab-case`)];
      if (sayNothing.test(part))
        return [wall(path, undefined, `"${part}" does not say what is inside; name the thing`)];
      return [];
    });
  });
}

if (import.meta.main) process.exitCode = reportFindings(checkFileNames(readSourceTree()));
