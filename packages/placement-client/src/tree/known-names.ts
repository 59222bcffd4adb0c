import type { Ask } from './sync-run.ts';

/** Which traits and resource classes exist; nothing is asked twice. */
export interface KnownNames {
  /** Notes traits that some provider has. */
  learnTraits(names: readonly string[]): void;
  /** Makes sure that traits exist; standard ones that are not known are taken to exist. */
  ensureTraits(names: readonly string[], ask: Ask): Promise<void>;
  /** After Placement said that some of these do not exist: finds out which, and makes those that can be made. */
  verifyTraits(names: readonly string[], ask: Ask): Promise<void>;
  /** Whether it turned out that this Placement does not have a standard trait. */
  isUnknownTrait(name: string): boolean;
  /** Makes sure that custom classes exist. */
  ensureClasses(names: readonly string[], ask: Ask): Promise<void>;
  /** After Placement said that classes do not exist. */
  forgetClasses(names: readonly string[]): void;
}

/**
 * Names hardly ever vanish, so that what was seen once is taken to exist until Placement says otherwise. Two or more
 * custom traits are asked for in one request and the missing ones made; a single one is made at once, which is no
 * dearer when it exists.
 */
export function createKnownNames(): KnownNames {
  const traits = new Set<string>();
  const missing = new Set<string>();
  const classes = new Set<string>();

  async function verifyTraits(names: readonly string[], ask: Ask): Promise<void> {
    const found = new Set(await ask((placement, call) => placement.traits.list({ names }, call)));
    const absent = names.filter((name) => !found.has(name));
    for (const name of found) traits.add(name);
    for (const name of absent) if (!isCustom(name)) missing.add(name);
    await makeTraits(absent.filter(isCustom), ask);
  }

  async function makeTraits(names: readonly string[], ask: Ask): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        await ask((placement, call) => placement.traits.ensure(name, call));
        traits.add(name);
      }),
    );
  }

  return {
    learnTraits(names) {
      for (const name of names) traits.add(name);
    },
    async ensureTraits(names, ask) {
      const unsure = names.filter((name) => !traits.has(name) && !missing.has(name));
      const custom = unsure.filter(isCustom);
      if (custom.length > 1) await verifyTraits(unsure, ask);
      else await makeTraits(custom, ask);
    },
    verifyTraits,
    isUnknownTrait: (name) => missing.has(name),
    async ensureClasses(names, ask) {
      const unsure = names.filter((name) => isCustom(name) && !classes.has(name));
      await Promise.all(
        unsure.map(async (name) => {
          await ask((placement, call) => placement.resourceClasses.ensure(name, call));
          classes.add(name);
        }),
      );
    },
    forgetClasses(names) {
      for (const name of names) classes.delete(name);
    },
  };
}

function isCustom(name: string): boolean {
  return name.startsWith('CUSTOM_');
}
