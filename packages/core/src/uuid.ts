import { z } from 'zod';

const canonical = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A UUID in canonical form: lower case, with dashes. `normaliseUuid` makes it from other spellings. */
export const Uuid = z.string().regex(canonical, 'expected a UUID in lower case with dashes').brand<'Uuid'>();
export type Uuid = z.output<typeof Uuid>;

/** The canonical form of a UUID written in any common way, or undefined when the text is none. */
export function normaliseUuid(text: string): Uuid | undefined {
  if (canonical.test(text)) return text as Uuid;
  const hex = text.toLowerCase().replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/.test(hex)) return undefined;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') as Uuid;
}
