// Files that need each other to load. Alone: node tools/gate/import-cycles.ts
import { type Finding, reportFindings, wall } from './finding.ts';
import { importsOf } from './source-imports.ts';
import { readSourceTree, type SourceTree } from './source-tree.ts';

/** Circles of imports that remain at run time; one finding each, at its first file by name. */
export function checkImportCycles(tree: SourceTree): Finding[] {
  const edges = new Map<string, readonly string[]>();
  for (const file of tree.files) {
    const targets = importsOf(file).filter((found) => !found.isTypeOnly && found.target !== undefined);
    edges.set(
      file.path,
      targets.map((found) => found.target ?? ''),
    );
  }
  const circles = new Map<string, readonly string[]>();
  for (const path of [...edges.keys()].sort()) {
    const circle = circleFrom(path, edges);
    const members = [...(circle ?? [])].sort().join();
    if (circle !== undefined && !circles.has(members)) circles.set(members, circle);
  }
  return [...circles.values()].map((circle) =>
    wall(
      circle[0] ?? '',
      undefined,
      `imports in a circle: ${[...circle, circle[0]].join(' → ')}; move what is shared`,
    ),
  );
}

/** The shortest way from a file back to itself. */
function circleFrom(
  start: string,
  edges: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const path of queue) {
    for (const next of edges.get(path) ?? []) {
      if (next === start) return walkBack(path, cameFrom, start);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, path);
      queue.push(next);
    }
  }
  return undefined;
}

function walkBack(end: string, cameFrom: ReadonlyMap<string, string>, start: string): string[] {
  const way = [];
  for (let path: string | undefined = end; path !== undefined && path !== start; path = cameFrom.get(path)) {
    way.unshift(path);
  }
  return [start, ...way];
}

if (import.meta.main) process.exitCode = reportFindings(checkImportCycles(readSourceTree()));
