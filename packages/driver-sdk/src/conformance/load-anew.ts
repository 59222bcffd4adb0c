import { pathToFileURL } from 'node:url';
import type { ConformanceSubject } from './conformance-subject.ts';

let loads = 0;

/**
 * The driver of a subject as a new process would have it, as far as its own module goes: what is left in the
 * variables of the module is gone. The same driver where its module is not known, or where it has a process anyway.
 */
export async function loadAnew({
  driver,
  package: found,
  crash,
}: ConformanceSubject): Promise<ConformanceSubject['driver']> {
  if (found === undefined || crash !== undefined) return driver;
  loads += 1;
  const url = `${pathToFileURL(found.entryFile).href}?load=${loads}`;
  const module: { readonly default?: ConformanceSubject['driver'] } = await import(url);
  return module.default ?? driver;
}
