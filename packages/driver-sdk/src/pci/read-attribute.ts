import { isDriverError } from '../driver-error.ts';
import { errnoOf } from '../machine/driver-error-from-errno.ts';
import type { Machine } from '../machine.ts';

/** Failures that belong to one attribute of one card: it has no say now, the others do. */
const silent: readonly string[] = ['hardware', 'not_found', 'busy', 'invalid'];

/**
 * One attribute without its newline. Undefined when it is absent, empty, or the card does not give it (ENODEV,
 * EIO, EINVAL …). What concerns the call as a whole is thrown: denied, canceled, timeout.
 */
export async function readAttribute(sys: Machine, path: string): Promise<string | undefined> {
  const text = (await orAbsent(() => sys.read(path)))?.trim();
  return text === '' ? undefined : text;
}

/** Does a read of one card's fact; undefined where `readAttribute` would say so. */
export async function orAbsent<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isDriverError(error) && silent.includes(error.code)) return undefined;
    // The card's own bus timed out, not the call.
    if (errnoOf(error) === 'ETIMEDOUT') return undefined;
    throw error;
  }
}

/** The names in a card's directory, sorted; none where `readAttribute` would say undefined. */
export async function listAttributes(sys: Machine, path: string): Promise<readonly string[]> {
  return (await orAbsent(() => sys.list(path))) ?? [];
}
