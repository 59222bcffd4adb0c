import { z } from 'zod';

/** Name of the JSON Schema of a driver's settings, in its package. */
export const driverConfigSchemaFile = 'config.schema.json';

/**
 * The settings of a driver as JSON Schema 2020-12 of what an operator may write, for editors and for checks that run
 * none of its code. What has no JSON Schema, such as a transformation, is left open. Settings that the driver does
 * not know are refused, as its host refuses them.
 */
export function driverConfigSchema(config: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(config, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (jsonSchema.properties !== undefined) jsonSchema.additionalProperties ??= false;
    },
  });
}
