import type { PresentFunction } from '../kernel/find-function.ts';
import type { Kernel } from '../kernel/kernel.ts';

/** The files that a function's own driver shows now and whose paths match, in order of their paths. */
export function boundFiles(
  { tree }: Kernel,
  { directory, spec }: PresentFunction,
  pattern: RegExp,
): { readonly path: string; readonly text: string }[] {
  return Object.keys(spec.whenBound.files)
    .filter((path) => pattern.test(path))
    .sort()
    .flatMap((path) => {
      const full = path.startsWith('/') ? path : `${directory}/${path}`;
      const text = tree.read(full);
      return text === undefined ? [] : [{ path: full, text }];
    });
}
