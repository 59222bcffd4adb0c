import fc from 'fast-check';

/** A JSON Schema as OpenAPI documents of this service hold it. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
}

/**
 * Values as a schema wants them. Texts are mostly words that mean something to the service at the moment (ids, names,
 * keys), so that what is made of them is not refused at the first look.
 */
export function valuesOf(schema: JsonSchema, words: readonly string[]): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map((choice) => valuesOf(choice, words)));
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => ofType(type, schema, words)));
  return ofType(schema.type as string | undefined, schema, words);
}

function ofType(
  type: string | undefined,
  schema: JsonSchema,
  words: readonly string[],
): fc.Arbitrary<unknown> {
  switch (type) {
    case 'string':
      return texts(schema, words);
    case 'integer':
    case 'number':
      return numbers(schema);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array': {
      const { items = {}, minItems: minLength = 0, maxItems: maxLength = 4 } = schema;
      return fc.array(valuesOf(items, words), { minLength, maxLength });
    }
    case 'object':
      return objects(schema, words);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function texts({ pattern, minLength = 0, maxLength }: JsonSchema, words: readonly string[]) {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  const free = fc.string({ minLength, maxLength: Math.min(maxLength ?? 20, 20) });
  return words.length === 0
    ? free
    : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: free });
}

function numbers({ minimum = -(2 ** 31), maximum = 2 ** 31 }: JsonSchema) {
  const small = fc.integer({ min: Math.max(minimum, 0), max: Math.max(0, Math.min(maximum, 20)) });
  return fc.oneof(
    { weight: 3, arbitrary: small },
    fc.integer({ min: Math.ceil(minimum), max: Math.floor(maximum) }),
    fc.constant(minimum),
  );
}

function objects(schema: JsonSchema, words: readonly string[]): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties: more } = schema;
  const members = Object.fromEntries(
    Object.entries(properties).map(([name, member]) => [name, valuesOf(member, words)]),
  );
  const described = fc.record(members, { requiredKeys: [...required] });
  if (typeof more !== 'object') return described;
  const others = fc.dictionary(texts({}, words), valuesOf(more, words), { maxKeys: 4 });
  return fc.tuple(others, described).map(([free, named]) => ({ ...free, ...named }));
}
