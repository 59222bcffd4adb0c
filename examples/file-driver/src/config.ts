import { z } from 'zod';

/** Settings of the file driver. */
export const FileDriverConfig = z.strictObject({
  /**
   * The directory whose files are the devices. Its last segment is `file-devices`: the manifest lets the driver
   * touch nothing else.
   */
  directory: z
    .string()
    .regex(/^\/(.+\/)?file-devices$/, 'must be an absolute path that ends in /file-devices')
    .default('/var/lib/file-devices')
    .describe('The directory whose files are the devices; its last segment is file-devices.'),
});
export type FileDriverConfig = z.output<typeof FileDriverConfig>;
