import { getEventListeners } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { aSession } from '../../test/a-session.ts';
import { startDeadline } from './deadline.ts';

const now = () => performance.now();

it('a deadline fires when its time is over, and tells that from a caller who gives up', async () => {
  const late = startDeadline({ timeoutMs: 1, now });
  await setTimeout(20);
  expect([late.signal.aborted, late.expired(), late.remainingMs()]).toEqual([true, true, 0]);
  expect(late.signal.reason).toMatchObject({ name: 'TimeoutError' });

  const caller = new AbortController();
  const given = startDeadline({ timeoutMs: 60_000, signal: caller.signal, now });
  caller.abort('enough');
  expect([given.signal.reason, given.expired()]).toEqual(['enough', false]);
  given.end();
  const before = startDeadline({ timeoutMs: 60_000, signal: AbortSignal.abort('before'), now });
  expect(before.signal.reason).toBe('before');
  before.end();
});

it('a deadline that was ended never fires, and holds on to nothing', async () => {
  const caller = new AbortController();
  const ended = startDeadline({ timeoutMs: 1, signal: caller.signal, now });
  ended.end();
  await setTimeout(20);
  caller.abort();
  expect([ended.signal.aborted, ended.expired()]).toEqual([false, false]);
});

it('a call that is over leaves nothing with the signal of its caller', async () => {
  const { get } = await aSession((_, index) => ({ status: index % 2 === 0 ? 200 : 404 }));
  const { signal } = new AbortController();
  for (let call = 0; call < 6; call++) await get({ signal }).catch(() => {});
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
