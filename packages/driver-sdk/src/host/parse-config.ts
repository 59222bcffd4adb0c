import type { z } from 'zod';
import { DriverError } from '../driver-error.ts';

/**
 * An operator's settings as the driver's own schema parses them. Keys that the schema does not know are refused
 * even where it would drop them; `invalid` names the place as a JSON pointer.
 */
export async function parseConfig(schema: z.ZodType, config: unknown): Promise<unknown> {
  const unknown = unknownKey(schema as SchemaView, config, '');
  if (unknown !== undefined)
    throw new DriverError('invalid', `config ${unknown}: the driver knows no such setting`, {
      hint: 'Remove it, or correct its name.',
    });
  const parsed = await schema.safeParseAsync(config);
  if (parsed.success) return parsed.data;
  const complaints = parsed.error.issues.map(({ path, message }) => `${pointerOf(path)}: ${message}`);
  throw new DriverError('invalid', `config ${complaints.join('; ')}`, {
    hint: "Correct the driver's settings.",
  });
}

/** The parts of an object schema that are looked into; the schema may come from another copy of zod. */
interface SchemaView {
  readonly shape?: Readonly<Record<string, SchemaView>>;
  readonly def?: { readonly catchall?: unknown; readonly innerType?: SchemaView } | undefined;
}

function unknownKey(schema: SchemaView, value: unknown, pointer: string): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { shape, def } = schema;
  if (shape === undefined)
    return def?.innerType === undefined ? undefined : unknownKey(def.innerType, value, pointer);
  for (const [key, inner] of Object.entries(value)) {
    const place = `${pointer}${pointerOf([key])}`;
    const property = Object.hasOwn(shape, key) ? shape[key] : undefined;
    const found = property === undefined ? place : unknownKey(property, inner, place);
    if (found !== undefined && (property !== undefined || def?.catchall === undefined)) return found;
  }
  return undefined;
}

const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('') || '/';
