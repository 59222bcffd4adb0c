import { readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

/** What never makes a driver another one, or is written by the tools themselves. */
const leftOut = /^(node_modules|\.git|.*\.tgz|.*\.md|conformance\.json|junit\.xml|config\.schema\.json)$/;

/** Tells which files of a package have changed, those of one save at once. What is returned ends it. */
export function watchFiles(
  directory: string,
  onChange: (files: readonly string[]) => void,
  gatherMs = 150,
): () => void {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const note = (file: string): void => {
    changed.add(file);
    clearTimeout(timer);
    timer = setTimeout(() => {
      onChange([...changed].sort());
      changed.clear();
    }, gatherMs);
  };
  // Not all of it at once: node_modules can be more than the system is ready to watch.
  const inner = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !leftOut.test(entry.name))
    .map(({ name }) =>
      watch(join(directory, name), { recursive: true }, (_type, file) => note(join(name, file ?? ''))),
    );
  const own = watch(directory, (_type, file) => {
    if (file !== null && !leftOut.test(file)) note(file);
  });
  return () => {
    clearTimeout(timer);
    for (const watcher of [own, ...inner]) watcher.close();
  };
}
