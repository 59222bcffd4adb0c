import { z } from 'zod';
import { defineDriver, type Machine } from '../../../src/index.ts';
import { quietDriver } from '../quiet-driver.ts';

const Ask = z.discriminatedUnion('op', [
  z.object({ op: z.enum(['read', 'readBytes', 'list', 'link', 'resolve']), path: z.string() }),
  z.object({ op: z.literal('write'), path: z.string(), text: z.string() }),
  z.object({
    op: z.literal('run'),
    tool: z.string(),
    args: z.array(z.string()).default([]),
    timeoutMs: z.number().optional(),
  }),
]);
export type Ask = z.input<typeof Ask>;

/** Asks the machine what its request's options say, and answers with what it was told. */
export default defineDriver({
  ...quietDriver,
  config: z.object({ password: z.string().optional() }),
  attach: async ({ sys, progress }, { handle, options }) => {
    const asks = z.array(Ask).parse(JSON.parse(options.asks ?? '[]'));
    const told: unknown[] = [];
    for (const ask of asks) told.push(await answer(sys, ask, (line) => progress(0.5, line)));
    return { type: handle.type, info: { told: JSON.stringify(told) } };
  },
  program: async ({ sys, critical, progress }, { image, options }) => {
    if (options.read === 'image') return { version: String((await sys.readBytes(image))?.length) };
    const run = () => sys.run('/tools/tool', [image], { onLine: (line) => progress(0.5, line) });
    const { out } = options.critical === 'no' ? await run() : await critical(20_000, run);
    return { version: out.trim() };
  },
});

function answer(sys: Machine, ask: z.output<typeof Ask>, onLine: (line: string) => void): Promise<unknown> {
  if (ask.op === 'write') return sys.write(ask.path, ask.text);
  if (ask.op !== 'run') return sys[ask.op](ask.path);
  const timeout = ask.timeoutMs === undefined ? {} : { timeoutMs: ask.timeoutMs };
  return sys.run(ask.tool, ask.args, { onLine, ...timeout });
}
