import type { Ask } from './sync-run.ts';

/** Which traits exist; nothing is asked twice. */
export interface KnownTraits {
  /** Notes traits that some provider has. */
  learn(names: readonly string[]): void;
  /** Makes sure that traits exist; standard ones that are not known are taken to exist. */
  ensure(names: readonly string[], ask: Ask): Promise<void>;
  /** After Placement said that some of these do not exist: finds out which, and makes those that can be made. */
  verify(names: readonly string[], ask: Ask): Promise<void>;
  /** Whether it turned out that this Placement does not have a standard trait. */
  isUnknown(name: string): boolean;
}

/**
 * Traits hardly ever vanish, so that what was seen once is taken to exist until Placement says otherwise. The first
 * custom one is made at once, which is no dearer when it exists, and tells which cloud this is: where it was new the
 * others are made too; where it was there they are asked for in one request.
 */
export function createKnownTraits(): KnownTraits {
  const known = new Set<string>();
  const unknown = new Set<string>();

  async function verify(names: readonly string[], ask: Ask): Promise<void> {
    const found = new Set(await ask((placement, call) => placement.traits.list({ names }, call)));
    const absent = names.filter((name) => !found.has(name));
    for (const name of found) known.add(name);
    for (const name of absent) if (!isCustom(name)) unknown.add(name);
    await make(absent.filter(isCustom), ask);
  }

  async function make(names: readonly string[], ask: Ask): Promise<void> {
    await Promise.all(names.map((name) => ask((placement, call) => placement.traits.ensure(name, call))));
    for (const name of names) known.add(name);
  }

  /** Makes the first; whether it was new. */
  async function probe(name: string, ask: Ask): Promise<boolean> {
    const isNew = await ask((placement, call) => placement.traits.ensure(name, call));
    known.add(name);
    return isNew;
  }

  return {
    learn(names) {
      for (const name of names) known.add(name);
    },
    async ensure(names, ask) {
      const unsure = names.filter((name) => !known.has(name) && !unknown.has(name));
      const [first, ...custom] = unsure.filter(isCustom);
      if (first === undefined) return;
      const isNew = await probe(first, ask);
      if (isNew || custom.length < 2) return make(custom, ask);
      return verify(
        unsure.filter((name) => name !== first),
        ask,
      );
    },
    verify,
    isUnknown: (name) => unknown.has(name),
  };
}

function isCustom(name: string): boolean {
  return name.startsWith('CUSTOM_');
}
