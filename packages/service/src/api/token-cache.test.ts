import { beforeEach, describe, expect, it } from 'vitest';
import { createTokenCache } from './token-cache.ts';

const outage = new Error('nobody answers');

describe('what is known about tokens', () => {
  let now: number;
  let asked: string[];
  let answer: (token: string) => Promise<string>;
  beforeEach(() => {
    now = 0;
    asked = [];
    answer = async (token) => `facts about ${token}`;
  });

  const cache = (maxEntries = 3) =>
    createTokenCache<string>({
      maxEntries,
      now: () => now,
      outagePauseMs: 5,
      isOutage: (error) => error === outage,
      async ask(token) {
        asked.push(token);
        const facts = await answer(token);
        return { facts, freshUntil: now + 10, usableUntil: 100 };
      },
    });

  it('is asked once, however many want it at once, and not again while it is fresh', async () => {
    const { get } = cache();
    expect(new Set(await Promise.all([get('a'), get('a'), get('a')]))).toEqual(new Set(['facts about a']));
    now = 9;
    await get('a');
    expect(asked).toEqual(['a']);
    now = 10;
    await get('a');
    expect(asked).toEqual(['a', 'a']);
  });

  it('is not remembered when asking failed', async () => {
    const { get } = cache();
    answer = async () => Promise.reject(outage);
    await expect(Promise.all([get('a'), get('a')])).rejects.toBe(outage);
    answer = async () => 'known now';
    expect(await get('a')).toBe('known now');
  });

  it('is used until its end while nobody can be asked, and asked about at most once per pause', async () => {
    const { get } = cache();
    await get('a');
    answer = async () => Promise.reject(outage);
    now = 10;
    expect(await get('a')).toBe('facts about a');
    now = 14;
    expect(await get('a')).toBe('facts about a');
    expect(asked).toHaveLength(2);
    now = 15;
    await get('a');
    expect(asked).toHaveLength(3);
    now = 100;
    await expect(get('a')).rejects.toBe(outage);
  });

  it('is bounded: what was not used for longest is forgotten first', async () => {
    const { get } = cache();
    for (const token of ['a', 'b', 'c', 'a', 'd']) await get(token);
    await get('a');
    expect(asked).toEqual(['a', 'b', 'c', 'd']);
    await get('b');
    expect(asked).toEqual(['a', 'b', 'c', 'd', 'b']);
  });
});
