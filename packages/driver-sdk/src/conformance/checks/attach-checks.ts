import { AttachmentInfo } from '@cyborgjs/core';
import { readHeldHandle } from '../../connection/held-handle.ts';
import type { AttachRequest } from '../../driver.ts';
import {
  type Bench,
  describeOutcome,
  differenceOf,
  firstHandle,
  requestFor,
  roads,
  sameAnswer,
  type Trial,
} from '../bench.ts';
import type { CallOutcome } from '../call-driver.ts';
import type { Check } from '../check.ts';
import { describeCall, isMutation } from '../fault-machine.ts';

/** Runs a story once per road, each on a fresh machine. */
async function byEachRoad(
  bench: Bench,
  story: (trial: Trial, request: AttachRequest) => Promise<void>,
): Promise<void> {
  const offered = await firstHandle(bench);
  if (offered === undefined) return bench.notShown('the driver offers no handle on this fixture');
  for (const road of roads) await bench.trial((trial) => story(trial, requestFor(offered, road)));
}

export const lifeCycle: Check = {
  id: 17,
  name: 'life-cycle',
  scope: 'fixture',
  holds:
    'Attach, status, detach, status: attached and then detached, by both roads, and the machine is as before. Attach answers what consumers need to take hold of it.',
  why: 'Every guest goes this way; what one leaves behind, the next one finds.',
  run: (bench) =>
    byEachRoad(bench, async ({ staged, call }, request) => {
      const via = `via ${request.consumer.via}`;
      const clean = await staged.state();
      await expectStatus(bench, { call, request, expected: 'detached', when: `${via}, before attach` });
      const attached = await call('attach', request);
      bench.expect(attached.kind === 'answered', () => `attach ${via} ${describeOutcome(attached)}`);
      if (attached.kind === 'answered') expectInfo(bench, request, attached.value);
      await expectStatus(bench, { call, request, expected: 'attached', when: `${via}, after attach` });
      const detached = await call('detach', request);
      bench.expect(detached.kind === 'answered', () => `detach ${via} ${describeOutcome(detached)}`);
      await expectStatus(bench, { call, request, expected: 'detached', when: `${via}, after detach` });
      const difference = differenceOf(clean, await staged.state());
      bench.expect(difference === undefined, () => `attach and detach ${via} left behind: ${difference}`);
    }),
};

/** Why nothing can be made for a consumer from what an attach answered; undefined when it can. */
function troubleWith(answer: unknown): string | undefined {
  try {
    readHeldHandle(AttachmentInfo.parse(answer));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What Nova reads of a PCI handle: four hexadecimal parts without 0x; and what all else is made from that consumers get. */
function expectInfo(bench: Bench, request: AttachRequest, answer: unknown): void {
  const { type, info } = (answer ?? {}) as { type?: unknown; info?: Record<string, string> };
  bench.expect(type === request.handle.type, () => `attach answered the type ${String(type)}`);
  const trouble = troubleWith(answer);
  bench.expect(
    trouble === undefined,
    () => `attach via ${request.consumer.via} answered facts that no consumer can use: ${trouble}`,
  );
  if (type !== 'PCI') return;
  const address = `${info?.domain}:${info?.bus}:${info?.device}.${info?.function}`;
  bench.expect(
    address === request.handle.id,
    () => `attach answered the PCI function ${address}; expected the handle's, ${request.handle.id}`,
  );
}

interface StatusExpectation {
  readonly call: Trial['call'];
  readonly request: AttachRequest;
  readonly expected: string;
  readonly when: string;
}

async function expectStatus(
  bench: Bench,
  { call, request, expected, when }: StatusExpectation,
): Promise<void> {
  const status = await call('status', request);
  bench.expect(
    status.kind === 'answered' && status.value === expected,
    () => `${when}, status ${describeOutcome(status)}; expected "${expected}"`,
  );
}

function expectNoWrites(bench: Bench, outcome: CallOutcome, story: string): void {
  for (const use of outcome.calls)
    bench.expect(!isMutation(use), () => `${story} wrote: ${describeCall(use)}`);
}

export const attachAgain: Check = {
  id: 18,
  name: 'attach-x10',
  scope: 'fixture',
  holds: 'Ten times the same attach: the same answer, and no change after the first.',
  why: 'Commands are delivered at least once; a repeat must not disturb a guest that already runs.',
  run: (bench) =>
    byEachRoad(bench, async ({ call }, request) => {
      const first = await call('attach', request);
      for (let repeat = 2; repeat <= 10; repeat += 1) {
        const again = await call('attach', request);
        bench.expect(
          first.kind === 'answered' && again.kind === 'answered' && sameAnswer(again.value, first.value),
          () => `attach number ${repeat} ${describeOutcome(again)}; the first ${describeOutcome(first)}`,
        );
        expectNoWrites(bench, again, `attach number ${repeat}`);
      }
    }),
};

/** Handles that no driver can have offered. */
const unknownIds = ['ffff:ff:1f.7', '../../../etc', 'GPU-0', ''] as const;

export const unknownHandle: Check = {
  id: 23,
  name: 'unknown-handle',
  scope: 'fixture',
  holds: 'Attach of a handle that does not exist is not_found, and changes nothing.',
  why: 'A stale request must not bind whatever else sits there now.',
  run: (bench) =>
    byEachRoad(bench, async ({ call }, request) => {
      for (const id of unknownIds) {
        const outcome = await call('attach', { ...request, handle: { ...request.handle, id } });
        bench.expect(
          outcome.kind === 'failed' && outcome.failure.code === 'not_found',
          () =>
            `attach of the unknown handle ${JSON.stringify(id)} ${describeOutcome(outcome)}; expected not_found`,
        );
        expectNoWrites(bench, outcome, `attach of the unknown handle ${JSON.stringify(id)}`);
      }
    }),
};

export const detachUnknown: Check = {
  id: 25,
  name: 'detach-unknown',
  scope: 'fixture',
  holds: 'Detach of what was never attached, or is not there, is well, and changes nothing.',
  why: 'Clean-up asks for everything that might be left; what is not attached is clean already.',
  run: (bench) =>
    byEachRoad(bench, async ({ call }, request) => {
      for (const id of [request.handle.id, 'ffff:ff:1f.7']) {
        const outcome = await call('detach', { ...request, handle: { ...request.handle, id } });
        bench.expect(
          outcome.kind === 'answered',
          () => `detach of ${id}, which was never attached, ${describeOutcome(outcome)}`,
        );
        expectNoWrites(bench, outcome, `detach of ${id}, which was never attached,`);
      }
    }),
};

export const detachTwice: Check = {
  id: 26,
  name: 'detach-twice',
  scope: 'fixture',
  holds: 'Detach twice is well, and the second time changes nothing.',
  why: 'Commands are delivered at least once; a repeat must find its work done.',
  run: (bench) =>
    byEachRoad(bench, async ({ call }, request) => {
      await call('attach', request);
      for (const time of ['first', 'second']) {
        const outcome = await call('detach', request);
        bench.expect(outcome.kind === 'answered', () => `the ${time} detach ${describeOutcome(outcome)}`);
        if (time === 'second') expectNoWrites(bench, outcome, 'the second detach');
      }
    }),
};

export const detachGone: Check = {
  id: 27,
  name: 'detach-gone',
  scope: 'fixture',
  holds: 'Detach of a card that was pulled out is well, and its status is detached.',
  why: 'A card pulled out or fallen off the bus must not hold its request for ever.',
  run: (bench) =>
    byEachRoad(bench, async ({ staged, call }, request) => {
      if (staged.unplug === undefined) return bench.notShown('the fixture cannot unplug a card');
      await call('attach', request);
      await staged.unplug(request.handle.id);
      const outcome = await call('detach', request);
      bench.expect(
        outcome.kind === 'answered',
        () => `with the card gone, detach ${describeOutcome(outcome)}`,
      );
      await expectStatus(bench, { call, request, expected: 'detached', when: 'with the card gone' });
    }),
};

export const statusTruth: Check = {
  id: 28,
  name: 'status-truth',
  scope: 'fixture',
  holds:
    'After each single fact of an attached handle was changed by someone else, status says partial or detached, and attach mends it.',
  why: 'Clean-up after a crash believes status; a lie leaks a card or gives it out twice.',
  run: async (bench) => {
    const offered = await firstHandle(bench);
    if (offered === undefined) return bench.notShown('the driver offers no handle on this fixture');
    const request = requestFor(offered, 'direct');
    const names = await bench.trial(
      async ({ staged }) => staged.disturbances?.(request.handle.id).map(({ name }) => name) ?? [],
    );
    if (names.length === 0) return bench.notShown('the fixture cannot change an attached handle');
    for (const [index, name] of names.entries())
      await bench.trial(async ({ staged, call }) => {
        const first = await call('attach', request);
        const attached = await staged.state();
        await staged.disturbances?.(request.handle.id)[index]?.apply();
        const status = await call('status', request);
        bench.expect(
          status.kind === 'answered' && (status.value === 'partial' || status.value === 'detached'),
          () => `after ${name}, status ${describeOutcome(status)}; expected "partial" or "detached"`,
        );
        const again = await call('attach', request);
        bench.expect(
          again.kind === 'answered' && first.kind === 'answered' && sameAnswer(again.value, first.value),
          () => `after ${name}, attach ${describeOutcome(again)}; expected it to repair`,
        );
        const difference = differenceOf(attached, await staged.state());
        bench.expect(difference === undefined, () => `after ${name}, attach did not repair: ${difference}`);
      });
  },
};

export const statusPure: Check = {
  id: 29,
  name: 'status-pure',
  scope: 'fixture',
  holds: 'Status changes nothing, whatever it is asked about; what is not there is detached.',
  why: 'Status is asked at any time, for any handle, while guests run.',
  run: (bench) =>
    byEachRoad(bench, async ({ staged, call }, request) => {
      for (const state of ['clean', 'attached'] as const) {
        if (state === 'attached') await call('attach', request);
        const before = await staged.state();
        const outcome = await call('status', request);
        expectNoWrites(bench, outcome, `status of a handle that is ${state}`);
        const difference = differenceOf(before, await staged.state());
        bench.expect(difference === undefined, () => `status changed the machine: ${difference}`);
      }
      const unknown = await call('status', { ...request, handle: { ...request.handle, id: 'ffff:ff:1f.7' } });
      bench.expect(
        unknown.kind === 'answered' && unknown.value === 'detached',
        () => `status of a handle that is not there ${describeOutcome(unknown)}; expected "detached"`,
      );
    }),
};

export const inventorySteady: Check = {
  id: 49,
  name: 'inventory-steady',
  scope: 'fixture',
  holds: 'What is offered stays the same while a handle of it is attached, and so does each identity.',
  why: 'What is offered must not change because someone took it: allocations would hang in the air.',
  run: (bench) =>
    byEachRoad(bench, async ({ call }, request) => {
      const before = await bench.inventory();
      await call('attach', request);
      const outcome = await call('discover');
      const after = outcome.kind === 'answered' ? (outcome.value as typeof before) : [];
      const when = `with a handle attached via ${request.consumer.via}, discover`;
      const offered = [before, after].map((devices) => JSON.stringify(devices.map(offerOf)));
      bench.expect(
        offered[0] === offered[1],
        () => `${when} offers ${offered[1]?.slice(0, 600)}; before, ${offered[0]?.slice(0, 600)}`,
      );
      for (const { address, identity } of after) {
        const was = before.find((device) => device.address === address)?.identity;
        bench.expect(
          identity === was || identity === null,
          () => `${when} gives ${address} the identity ${identity}; expected ${was} or null`,
        );
      }
    }),
};

/**
 * What Placement's inventory and the handles follow from. Traits are left out: some can only be read while the
 * host's own driver has the card, and a card that is taken is not scheduled on.
 */
function offerOf({ address, deployables }: Awaited<ReturnType<Bench['inventory']>>[number]) {
  const offers = deployables.map(({ name, resourceClass, handles }) => ({ name, resourceClass, handles }));
  return { address, offers };
}
