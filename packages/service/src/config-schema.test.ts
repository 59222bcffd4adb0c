import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configJsonSchema } from './config-schema.ts';

it('is the schema that editors are given (write it anew: cyborgd check-config --schema)', () => {
  const published = JSON.parse(readFileSync(new URL('../config.schema.json', import.meta.url), 'utf8'));
  expect(published).toEqual(configJsonSchema());
});

it('describes every setting', () => {
  const undescribed: string[] = [];
  const visit = (schema: Record<string, unknown>, path: string) => {
    for (const [name, property] of Object.entries(
      (schema.properties ?? {}) as Record<string, Record<string, unknown>>,
    )) {
      const isSection = property.properties !== undefined;
      if (!isSection && name !== 'kind' && property.description === undefined)
        undescribed.push(`${path}${name}`);
      visit(property, `${path}${name}.`);
    }
  };
  visit(configJsonSchema(), '');
  expect(undescribed).toEqual([]);
});
