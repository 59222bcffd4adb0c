import * as z from 'zod';

/** The name of a Placement trait: `[A-Z0-9_]+`, at most 255 characters; own ones begin with `CUSTOM_`. */
export const Trait = z
  .string()
  .max(255)
  .regex(/^[A-Z0-9_]+$/, 'expected a trait name: upper-case letters, digits and _')
  .brand<'Trait'>();
export type Trait = z.output<typeof Trait>;

/** A custom trait from free text: `customTrait('NVIDIA', 'H200 SXM')` is `CUSTOM_NVIDIA_H200_SXM`. */
export function customTrait(...parts: readonly string[]): Trait {
  return `CUSTOM_${normaliseName(parts.join('_'))}`.slice(0, 255) as Trait;
}

/** Upper-cases a text and turns every run of characters that Placement names may not hold into one `_`. */
export function normaliseName(text: string): string {
  return text
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
}
