import { normaliseUuid } from '@cyborgjs/core';
import type { CallOptions } from '../call-api.ts';
import type { CyborgClient } from '../cyborg-client.ts';
import { UsageError } from './usage-error.ts';

interface Described<Item> {
  readonly noun: string;
  /** How to tell one from another. */
  readonly describe: (item: Item) => string;
}

/** Whether a text can be an id or the beginning of one; four characters keep an accident from hitting. */
export function isIdPrefix(text: string): boolean {
  return /^[0-9a-f][0-9a-f-]{3,35}$/i.test(text);
}

/**
 * The one item whose id begins so.
 *
 * @throws UsageError when there is none, or more than one
 */
export async function findByPrefix<Item extends { readonly id: string }>(
  items: AsyncIterable<Item>,
  prefix: string,
  { noun, describe }: Described<Item>,
): Promise<Item> {
  const found: Item[] = [];
  for await (const item of items) {
    if (item.id.startsWith(prefix.toLowerCase())) found.push(item);
    if (found.length > 3) break;
  }
  const [only, ...others] = found;
  if (only === undefined)
    throw new UsageError(`no ${noun} has an id that begins with "${prefix}" (see: cyborg ${noun} list)`);
  if (others.length === 0) return only;
  const candidates = found.slice(0, 3).map(describe).join(', ');
  const more = found.length > 3 ? ' and others' : '';
  throw new UsageError(
    `"${prefix}" is the beginning of more than one ${noun}: ${candidates}${more}; give more of it`,
  );
}

/** The whole id of an operation from it or its beginning. */
export async function findOperationId(
  client: CyborgClient,
  text: string,
  options: CallOptions,
): Promise<string> {
  const id = normaliseUuid(text);
  if (id !== undefined) return id;
  if (!isIdPrefix(text))
    throw new UsageError(
      `"${text}" is no operation: give its id, at least the first 4 characters (see: cyborg operation list)`,
    );
  const found = await findByPrefix(client.operations.list({}, options), text, {
    noun: 'operation',
    describe: (operation) => `${operation.id} (${operation.verb} on ${operation.host})`,
  });
  return found.id;
}
