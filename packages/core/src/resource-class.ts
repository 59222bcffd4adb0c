import * as z from 'zod';

/**
 * The name of a Placement resource class: a standard one (`PGPU`, `VGPU`, `FPGA`) or `CUSTOM_…`; at most 255
 * characters of `[A-Z0-9_]`.
 */
export const ResourceClass = z
  .string()
  .max(255)
  .regex(/^[A-Z0-9_]+$/, 'expected a resource class: upper-case letters, digits and _')
  .brand<'ResourceClass'>();
export type ResourceClass = z.output<typeof ResourceClass>;

/** The classes for accelerators that os-resource-classes defines; every other one must begin with `CUSTOM_`. */
export const standardAcceleratorClasses = ['FPGA', 'PGPU', 'VGPU'] as const;
