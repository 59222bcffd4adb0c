import { expect, it } from 'vitest';
import { z } from 'zod';
import { driverConfigSchema } from './driver-config-schema.ts';

const config = z.object({
  tool: z.string().default('/usr/bin/acme').describe('The flash tool.'),
  limits: z.object({ timeoutMs: z.int().positive() }).optional(),
  labels: z.record(z.string(), z.string()).default({}),
  open: z.looseObject({ mode: z.string() }).optional(),
  trimmed: z
    .string()
    .transform((text) => text.trim())
    .optional(),
});

it('takes what an operator may write and no more, as the host does', () => {
  const schema = z.fromJSONSchema(driverConfigSchema(config));
  expect(schema.safeParse({}).success).toBe(true);
  expect(schema.safeParse({ labels: { any: 'thing' }, open: { mode: 'x', more: 1 } }).success).toBe(true);
  const refused = [
    { colour: 'red' },
    { limits: { timeoutMs: 0 } },
    { limits: { timeoutMs: 1, z: 1 } },
    { tool: 1 },
  ];
  expect(refused.map((value) => schema.safeParse(value).success)).toEqual([false, false, false, false]);
});

it('keeps descriptions and defaults for people', () => {
  expect(driverConfigSchema(config)).toMatchObject({
    properties: { tool: { description: 'The flash tool.', default: '/usr/bin/acme' } },
  });
});
