import { describe, expect, it } from 'vitest';
import { KeyedQueue } from './keyed-queue.ts';

const never = new AbortController().signal;

describe('turns for a key', () => {
  it('come one at a time in the order of asking; keys do not wait for each other', async () => {
    const queue = new KeyedQueue();
    const order: string[] = [];
    const work = async (key: string, label: string): Promise<void> => {
      const release = await queue.acquire(key, label, never);
      order.push(`${label} begins`);
      await new Promise(setImmediate);
      order.push(`${label} ends`);
      release();
    };
    await Promise.all([work('a', 'first'), work('a', 'second'), work('b', 'other')]);
    expect(order.filter((step) => !step.startsWith('other'))).toEqual([
      'first begins',
      'first ends',
      'second begins',
      'second ends',
    ]);
    expect(order.indexOf('other begins')).toBeLessThan(order.indexOf('first ends'));
  });

  it('are given up with the signal, and those behind keep waiting for those in front', async () => {
    const queue = new KeyedQueue();
    const release = await queue.acquire('a', 'attach', never);
    const impatient = new AbortController();
    const second = queue.acquire('a', 'detach', impatient.signal);
    let third = false;
    const last = queue.acquire('a', 'program', never).then((free) => {
      third = true;
      return free;
    });
    impatient.abort(new Error('too late'));
    await expect(second).rejects.toThrow('too late');
    await new Promise(setImmediate);
    expect(third).toBe(false);
    expect(queue.holderOf('a')).toBe('attach');
    release();
    (await last)();
    expect(queue.holderOf('a')).toBeUndefined();
  });

  it('are free again after a release that is called twice', async () => {
    const queue = new KeyedQueue();
    const release = await queue.acquire('a', 'attach', never);
    release();
    const next = await queue.acquire('a', 'detach', never);
    release();
    expect(queue.holderOf('a')).toBe('detach');
    next();
  });
});
