import { z } from 'zod';

/** The parts of a JSON Schema that say something of a setting. */
const FieldSchema = z.looseObject({
  description: z.string().optional(),
  writeOnly: z.boolean().optional(),
  get properties() {
    return z.record(z.string(), FieldSchema).optional();
  },
  get items() {
    return FieldSchema.optional();
  },
  get anyOf() {
    return z.array(FieldSchema).optional();
  },
});
type FieldSchema = z.output<typeof FieldSchema>;

/** One setting of a driver. */
export interface ConfigField {
  /** Its keys from the root; `*` for the entries of a list. */
  readonly path: readonly string[];
  /** The same, dotted: `devices.*.vendor`. */
  readonly place: string;
  readonly description: string | undefined;
  /** Marked `writeOnly`: it is written to the settings and shown nowhere. */
  readonly isSecret: boolean;
}

/** Every setting that a JSON Schema has, from the outside in. */
export function fieldsOf(schema: unknown): ConfigField[] {
  return collect(FieldSchema.parse(schema), []);
}

function collect(schema: FieldSchema, path: readonly string[]): ConfigField[] {
  const inner = schema.items === undefined ? [] : collect(schema.items, [...path, '*']);
  const variants = (schema.anyOf ?? []).flatMap((variant) => collect(variant, path));
  const properties = Object.entries(schema.properties ?? {}).flatMap(([key, property]): ConfigField[] => {
    const here = [...path, key];
    const { description, writeOnly } = property;
    const field = { path: here, place: here.join('.'), description, isSecret: writeOnly === true };
    return [field, ...collect(property, here)];
  });
  return [...properties, ...inner, ...variants];
}

/** What settings have at a path without lists; undefined where they have nothing. */
export function valueAt(config: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), config);
}

/** Settings with another value at a path. */
export function withValueAt(config: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const record = isRecord(config) ? config : {};
  return { ...record, [key]: withValueAt(record[key], rest, value) };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
