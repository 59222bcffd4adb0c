import type { EventQuery } from '../../store/event.ts';
import type { ApiContext } from '../api-components.ts';
import { eventFrame, nextLook, signOfLife } from '../look-again.ts';

const eventsPerLook = 200;

/**
 * Events as server-sent events, in order and each once, until a signal comes. The store is asked, not listened to: the
 * news may be of another process. A slow reader is waited for, and nothing is kept for him but where he is.
 */
export async function* eventFrames(
  { store, closing }: Pick<ApiContext, 'store' | 'closing'>,
  query: Omit<EventQuery, 'limit'>,
  until: readonly AbortSignal[],
): AsyncGenerator<string> {
  const signal = AbortSignal.any([closing, ...until]);
  let { after } = query;
  let quiet = 0;
  // Headers leave with the first line: whoever has them misses nothing from here on.
  yield `: after ${after}\n\n`;
  while (!signal.aborted) {
    const events = await store.events.list({ ...query, after, limit: eventsPerLook });
    for (const event of events) {
      yield eventFrame(event.type, event.id, event);
      after = event.id;
    }
    quiet = events.length === 0 ? quiet + 1 : 0;
    const line = signOfLife(quiet);
    if (line !== '') yield line;
    if (events.length < eventsPerLook) await nextLook(signal);
  }
}
