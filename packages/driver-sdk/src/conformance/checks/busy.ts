import { type Bench, describeOutcome, differenceOf, firstHandle, requestFor } from '../bench.ts';
import type { Check } from '../check.ts';

/** How long a driver may try before it gives up: less than the deadline that a host gives it. */
const patienceMs = 20_000;

export const busyHandle: Check = {
  id: 24,
  name: 'busy',
  scope: 'fixture',
  holds:
    'Attach of a handle that somebody on the host uses is busy, to be retried later, before the deadline; nothing is half done, and it works once the handle is let go.',
  why: 'Unbinding what somebody uses waits for them without an end, and blocks the device for everyone.',
  run: async (bench) => {
    const offered = await firstHandle(bench);
    if (offered === undefined) return bench.notShown('the driver offers no handle on this fixture');
    const request = requestFor(offered, 'direct');
    await bench.trial(async ({ staged, call }) => {
      if (staged.hold === undefined)
        return bench.notShown('on this fixture nobody can be seen to use a device');
      const before = await staged.state();
      const letGo = await staged.hold(request.handle.id);
      const held = await staged.state();
      try {
        const outcome = await within(bench, call('attach', request));
        bench.expect(
          outcome?.kind === 'failed' && outcome.failure.code === 'busy' && outcome.failure.retry === 'later',
          () =>
            `attach of a handle that somebody uses ${outcome === undefined ? 'did not end' : describeOutcome(outcome)}; expected busy, with the advice to retry later`,
        );
        if (outcome === undefined) return;
        const difference = differenceOf(held, await staged.state());
        bench.expect(difference === undefined, () => `attach gave up and left half of it: ${difference}`);
      } finally {
        await letGo();
      }
      const again = await call('attach', request);
      bench.expect(
        again.kind === 'answered',
        () => `after the handle was let go, attach ${describeOutcome(again)}; expected it to be attached`,
      );
      await call('detach', request);
      const left = differenceOf(before, await staged.state());
      bench.expect(left === undefined, () => `attach and detach after that left behind: ${left}`);
    });
  },
};

async function within<Result>(bench: Bench, work: Promise<Result>): Promise<Result | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const startedAt = bench.now();
  const timer = setTimeout(() => resolve(undefined), patienceMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    bench.expect(bench.now() - startedAt < patienceMs, () => `attach was still at it after ${patienceMs} ms`);
  }
}
