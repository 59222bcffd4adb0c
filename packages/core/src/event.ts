import { z } from 'zod';

/** Something that happened and that observers may want to know; stored in order, never needed for work. */
export const Event = z.object({
  /** Rises by order of commit. */
  id: z.int().positive(),
  /** Dotted: `device.discovered`, `device.gone`, `device.state`, `device.health`, `operation.ended`, … */
  type: z.string(),
  /** The noun's id or name. */
  subject: z.string(),
  host: z.string().nullable(),
  data: z.record(z.string(), z.unknown()),
  at: z.iso.datetime(),
});
export type Event = z.output<typeof Event>;
