import type { Check } from '../check.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export const configMalformed: Check = {
  id: 5,
  name: 'config-malformed',
  scope: 'package',
  holds: 'Settings with one thing wrong (a type, an unknown key, a huge key) are refused, naming the place.',
  why: 'A typing error in the settings must be refused with its place, not change what is given out.',
  run: async ({ subject, fixture, expect }) => {
    for (const { name, config, place } of mutations(fixture.config as Json)) {
      const parsed = subject.driver.config.safeParse(config);
      expect(!parsed.success, () => `the settings were taken with ${name}; expected them to be refused`);
      if (parsed.success) continue;
      const places = parsed.error.issues.map(({ path }) => path.join('.'));
      expect(
        places.some((issue) => issue === place || place.startsWith(`${issue}.`) || issue === ''),
        () => `${name} was refused at ${places.join(', ')}; expected the place ${place || '(the root)'}`,
      );
    }
  },
};

interface Mutation {
  readonly name: string;
  readonly config: Json;
  /** Dotted path of what is wrong. */
  readonly place: string;
}

/** The settings with one thing wrong at a time. */
function mutations(config: Json): Mutation[] {
  const roots: readonly Json[] = [null, [], 'x', 7, true];
  return [
    ...roots.map((root) => ({ name: `${JSON.stringify(root)} for all of them`, config: root, place: '' })),
    ...mutateInside(config, []),
  ];
}

function mutateInside(config: Json, path: readonly string[]): Mutation[] {
  if (typeof config !== 'object' || config === null) return [];
  const place = path.join('.');
  const extra = Array.isArray(config)
    ? []
    : [
        {
          name: `a key that does not exist in ${place || 'the root'}`,
          value: { ...config, 'no-such-key': 1 },
        },
        { name: `a huge key in ${place || 'the root'}`, value: { ...config, ['x'.repeat(65_536)]: 1 } },
      ].map(({ name, value }) => ({ name, config: value as Json, place }));
  const inner = Object.entries(config).flatMap(([key, value]) => {
    const rebuild = (changed: Json): Json =>
      Array.isArray(config)
        ? config.map((item, index) => (String(index) === key ? changed : item))
        : { ...config, [key]: changed };
    const here = [...path, key];
    const wrong = wrongTypes(value).map((changed) => ({
      name: `${JSON.stringify(changed)} for ${here.join('.')}`,
      config: rebuild(changed),
      place: here.join('.'),
    }));
    const deeper = mutateInside(value, here).map((found) => ({ ...found, config: rebuild(found.config) }));
    return [...wrong, ...deeper];
  });
  return [...extra, ...inner];
}

/** Values that cannot be meant where this one is right. */
function wrongTypes(value: Json): Json[] {
  const every: readonly Json[] = [7, 'x', true, [7], { x: 7 }];
  const kind = (json: Json): string => (Array.isArray(json) ? 'array' : typeof json);
  return every.filter((other) => kind(other) !== kind(value));
}
