import type { PresentFunction } from './find-function.ts';
import type { Kernel } from './kernel.ts';

/** Shows what a function's own driver adds to the tree. */
export function showDriverFiles({ tree }: Kernel, { directory, spec }: PresentFunction): void {
  for (const [path, text] of Object.entries(spec.whenBound.files))
    tree.write(below(directory, path), text, { binary: isBinary(path) });
  for (const [path, to] of Object.entries(spec.whenBound.links)) {
    tree.link(below(directory, path), below(directory, to));
  }
}

/**
 * Hides what a function's own driver added. What its files said belongs to the hardware: it is remembered until
 * the driver comes back. What stands in /proc is the driver's own and begins anew with it, as NVIDIA's `unbindLock`.
 */
export function hideDriverFiles(kernel: Kernel, { directory, spec }: PresentFunction): void {
  const { files, links } = spec.whenBound;
  const now: Record<string, string> = {};
  for (const [path, text] of Object.entries(files))
    now[path] = isKept(path) ? (kernel.tree.read(below(directory, path)) ?? text) : text;
  for (const path of [...Object.keys(links), ...Object.keys(files)])
    kernel.tree.prune(below(directory, path));
  if (Object.entries(now).every(([path, text]) => files[path] === text)) return;
  const remembered = { ...spec, whenBound: { files: now, links } };
  kernel.update({
    cards: kernel.state.cards.map((card) => ({
      ...card,
      functions: card.functions.map((other) => (other.address === spec.address ? remembered : other)),
    })),
  });
}

/** Whether what a file says outlives the driver that shows it. */
const isKept = (path: string): boolean => !path.startsWith('/proc/') && !isBinary(path);

/** Whether a driver's file holds bytes, as Latin-1 characters, and no text. */
const isBinary = (path: string): boolean => path.endsWith('gpu_metrics');

/** A path of a card's specification as a path of the machine. */
function below(directory: string, path: string): string {
  if (path.startsWith('/')) return path;
  return path === '' ? directory : `${directory}/${path}`;
}
