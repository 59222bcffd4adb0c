import { z } from 'zod';
import { Uuid } from './uuid.ts';

/** One request group: `resources:<class>`, `trait:<name>` and `accel:<key>`, all values strings. */
export const DeviceProfileGroup = z.record(z.string(), z.string().nullable());
export type DeviceProfileGroup = z.output<typeof DeviceProfileGroup>;

/** Named request groups that Nova turns into a Placement query and we into accelerator requests. */
export const DeviceProfile = z.object({
  id: Uuid,
  name: z.string(),
  description: z.string().nullable(),
  groups: z.array(DeviceProfileGroup),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime().nullable(),
});
export type DeviceProfile = z.output<typeof DeviceProfile>;
