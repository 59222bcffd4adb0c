import { describe, expect, it } from 'vitest';
import { sessionError } from '../errors/openstack-error.ts';
import { createTokenKeeper } from './token-keeper.ts';

const never = new AbortController().signal;
const outage = () => sessionError('session.unreachable', 'Keystone is away');

/** A keeper on a clock that the test sets, with tokens t1, t2 … of ten minutes. */
function aKeeper(lifetimeMs = 600_000) {
  const state = { now: 1_000_000, renewals: 0, failure: undefined as unknown };
  const keeper = createTokenKeeper({
    renew: async () => {
      state.renewals++;
      await Promise.resolve();
      if (state.failure !== undefined) throw state.failure;
      return { id: `t${state.renewals}`, lifetimeMs, facts: undefined };
    },
    now: () => state.now,
    renewBeforeMs: 120_000,
    renewPauseMs: 10_000,
  });
  const id = async (signal = never) => (await keeper.token(signal)).id;
  return { state, keeper, id };
}

describe('token keeper', () => {
  it('renews once for many callers at once', async () => {
    const { state, id } = aKeeper();
    expect(new Set(await Promise.all(Array.from({ length: 20 }, () => id())))).toEqual(new Set(['t1']));
    expect(state.renewals).toBe(1);
  });

  it('renews 120 s before the end, not earlier', async () => {
    const { state, id } = aKeeper();
    await id();
    state.now += 479_999;
    expect(await id()).toBe('t1');
    state.now += 1;
    expect(await id()).toBe('t2');
  });

  it('does not renew a short-lived token for every request', async () => {
    const { state, id } = aKeeper(60_000);
    await id();
    state.now += 29_000;
    expect(await id()).toBe('t1');
    state.now += 1_000;
    expect(await id()).toBe('t2');
  });

  it('drops only the token that was refused', async () => {
    const { state, keeper, id } = aKeeper();
    await id();
    keeper.drop('t1');
    expect(await id()).toBe('t2');
    keeper.drop('t1');
    expect(await id()).toBe('t2');
    expect(state.renewals).toBe(2);
  });

  it('lives on with the old token while Keystone is away, asking again only now and then', async () => {
    const { state, id } = aKeeper();
    await id();
    state.now += 500_000;
    state.failure = outage();
    expect(await id()).toBe('t1');
    expect(await id()).toBe('t1');
    expect(state.renewals).toBe(2);
    state.now += 10_000;
    expect(await id()).toBe('t1');
    expect(state.renewals).toBe(3);
    state.now += 95_000;
    await expect(id()).rejects.toMatchObject({ kind: 'unavailable' });
    state.failure = undefined;
    expect(await id()).toMatch(/^t/);
  });

  it('does not hide a refusal behind the old token', async () => {
    const { state, id } = aKeeper();
    await id();
    state.now += 500_000;
    state.failure = sessionError('session.authentication_failed', 'no');
    await expect(id()).rejects.toMatchObject({ code: 'session.authentication_failed' });
  });

  it('lets one caller give up without taking the renewal from the others', async () => {
    const { state, id } = aKeeper();
    const giveUp = new AbortController();
    const impatient = id(giveUp.signal);
    const patient = id();
    giveUp.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    expect(await patient).toBe('t1');
    expect(state.renewals).toBe(1);
  });
});
