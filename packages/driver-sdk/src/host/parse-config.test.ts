import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseConfig } from './parse-config.ts';

const schema = z.object({
  tool: z.string().default('/usr/bin/acmeflash'),
  cards: z.record(z.string(), z.object({ speed: z.number() })).optional(),
  link: z.object({ lanes: z.int() }).optional().default({ lanes: 16 }),
});

describe("an operator's settings", () => {
  it('are what the schema makes of them', async () => {
    expect(await parseConfig(schema, {})).toEqual({ tool: '/usr/bin/acmeflash', link: { lanes: 16 } });
    expect(await parseConfig(z.string().transform(Number), '7')).toBe(7);
  });

  it.each([
    [{ toool: 'x' }, 'config /toool: the driver knows no such setting'],
    [{ link: { lanes: 4, 'a/b~c': 1 } }, 'config /link/a~1b~0c: the driver knows no such setting'],
    [{ tool: 7 }, 'config /tool: Invalid input: expected string, received number'],
    [{ cards: { '0': {} } }, 'config /cards/0/speed: Invalid input: expected number, received undefined'],
    [null, 'config /: Invalid input: expected object, received null'],
  ])('that do not fit are refused with their place: %j', async (config, message) => {
    await expect(parseConfig(schema, config)).rejects.toMatchObject({ code: 'invalid', message });
  });

  it('may have keys that the schema lets through on purpose', async () => {
    expect(await parseConfig(z.looseObject({}), { any: 1 })).toEqual({ any: 1 });
    expect(await parseConfig(z.object({}).catchall(z.number()), { any: 1 })).toEqual({ any: 1 });
  });

  it('are checked before use by schemas that take their time', async () => {
    const slow = z.object({
      tool: z.string().refine(async (tool) => tool !== 'none', 'there is no such tool'),
    });
    await expect(parseConfig(slow, { tool: 'none' })).rejects.toMatchObject({
      message: 'config /tool: there is no such tool',
    });
  });
});
