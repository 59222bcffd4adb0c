import { z } from 'zod';

/** An error body of `/v3`, as RFC 9457 writes it, with our dotted code beside it. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string().optional(),
  code: z.string(),
  requestId: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Problem = z.output<typeof Problem>;
