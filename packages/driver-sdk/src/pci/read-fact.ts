import type { DriverContext } from '../driver-context.ts';
import { isDriverError } from '../driver-error.ts';

/** What reading needs of a context. */
export type ReadingContext = Pick<DriverContext, 'sys' | 'signal'>;

/**
 * A fact about a card from one attribute, without its final newline. Undefined when there is none, and also when
 * the card does not give it (ENODEV, EIO, EINVAL, EACCES …): one silent attribute is no reason to lose the card.
 * Only the end of the call itself is thrown.
 */
export async function readFact(context: ReadingContext, path: string): Promise<string | undefined> {
  const text = await unlessSilent(context, () => context.sys.read(path));
  const fact = text?.trim();
  return fact === '' ? undefined : fact;
}

/** The names in a card's directory, likewise: none when it cannot be read. */
export async function listFacts(context: ReadingContext, path: string): Promise<readonly string[]> {
  return (await unlessSilent(context, () => context.sys.list(path))) ?? [];
}

/** Does a read that may fail with the card; undefined when it did. Throws when the call was ended meanwhile. */
export async function unlessSilent<Result>(
  { signal }: Pick<ReadingContext, 'signal'>,
  read: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    if (signal.aborted || !isDriverError(error)) throw error;
    return undefined;
  }
}
