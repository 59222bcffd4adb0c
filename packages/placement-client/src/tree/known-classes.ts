import type { Ask } from './sync-run.ts';

/** Which custom resource classes exist; nothing is asked twice. */
export interface KnownClasses {
  /** Makes sure that the custom ones of these exist. */
  ensure(names: readonly string[], ask: Ask): Promise<void>;
  /** After Placement said that some of these do not exist. */
  forget(names: readonly string[]): void;
}

/** Classes are made at once: there are few, and making one that exists is no dearer than asking for it. */
export function createKnownClasses(): KnownClasses {
  const known = new Set<string>();
  return {
    async ensure(names, ask) {
      const unsure = names.filter((name) => name.startsWith('CUSTOM_') && !known.has(name));
      await Promise.all(
        unsure.map((name) => ask((placement, call) => placement.resourceClasses.ensure(name, call))),
      );
      for (const name of unsure) known.add(name);
    },
    forget(names) {
      for (const name of names) known.delete(name);
    },
  };
}
