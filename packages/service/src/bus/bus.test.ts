import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, CyborgError, type Fact, type Uuid } from '@cyborgjs/core';
import { afterEach, describe, expect, it } from 'vitest';
import { busFlavours, type TestBus } from '../../test/test-bus.ts';
import type { Bus } from './bus.ts';
import { deliveryLimit } from './deliver-message.ts';

const cancel = (last: number): Command => ({
  kind: 'cancel',
  operationId: `00000000-0000-4000-8000-${String(last).padStart(12, '0')}` as Uuid,
});
const goodbye = (host: string, at: number): Fact => ({ kind: 'goodbye', host, agentRun: 1, at });

describe.each(busFlavours)('bus: $name', ({ open, missing }) => {
  const opened: TestBus[] = [];
  afterEach(async () => {
    for (const bus of opened.splice(0)) await bus.dispose();
  });
  const aBus = async (): Promise<TestBus> => {
    const bus = await open();
    opened.push(bus);
    return bus;
  };

  describe.skipIf(missing)(missing ? `(${missing})` : 'commands and facts', () => {
    it('keeps commands until their host takes them, then hands them over in order', async () => {
      const { bus } = await aBus();
      for (const last of [1, 2, 3]) await bus.sendCommand('hpc-1', cancel(last));
      const received = await collectCommands(bus, 'hpc-1', 3);
      expect(received).toEqual([cancel(1), cancel(2), cancel(3)]);
    });

    it('gives a command to its own host only', async () => {
      const { bus } = await aBus();
      const other: Command[] = [];
      await bus.receiveCommands('hpc-2', async (command) => void other.push(command));
      await bus.sendCommand('hpc-1', cancel(1));
      await bus.sendCommand('hpc-2', cancel(2));
      await collectCommands(bus, 'hpc-1', 1);
      await expect.poll(() => other).toEqual([cancel(2)]);
    });

    it('does not run the handler within the send', async () => {
      const { bus } = await aBus();
      let hasRun = false;
      await bus.receiveFacts(async () => {
        hasRun = true;
      });
      const sending = bus.sendFact(goodbye('hpc-1', 1));
      expect(hasRun).toBe(false);
      await sending;
      await expect.poll(() => hasRun).toBe(true);
    });

    it('gives a rejected message again, before those behind it', async () => {
      const { bus } = await aBus();
      const seen: number[] = [];
      await bus.receiveFacts(async (fact) => {
        seen.push(timeOf(fact));
        if (seen.length < 3) throw new Error('not yet');
      });
      await bus.sendFact(goodbye('hpc-1', 1));
      await bus.sendFact(goodbye('hpc-1', 2));
      await expect.poll(() => seen, { timeout: 10_000 }).toEqual([1, 1, 1, 2]);
    });

    it('handles the facts of one host one at a time, however many subscribers there are', async () => {
      const { bus } = await aBus();
      const seen: number[] = [];
      let atOnce = 0;
      let most = 0;
      const handle = async (fact: Fact) => {
        atOnce += 1;
        most = Math.max(most, atOnce);
        await sleep(2);
        seen.push(timeOf(fact));
        atOnce -= 1;
      };
      await bus.receiveFacts(handle);
      await bus.receiveFacts(handle);
      const times = Array.from({ length: 10 }, (_, index) => index + 1);
      await Promise.all(times.map((at) => bus.sendFact(goodbye('hpc-1', at))));
      await expect.poll(() => seen, { timeout: 10_000 }).toEqual(times);
      expect(most).toBe(1);
    });

    it('gives up a message that is rejected over and over, says so, and goes on', async () => {
      const { bus, warnings, deadLetters } = await aBus();
      const seen: number[] = [];
      await bus.receiveFacts(async (fact) => {
        seen.push(timeOf(fact));
        if (timeOf(fact) === 1) throw new Error('poison');
      });
      await bus.sendFact(goodbye('hpc-1', 1));
      await bus.sendFact(goodbye('hpc-1', 2));
      await expect.poll(() => seen.includes(2), { timeout: 15_000 }).toBe(true);
      expect(seen.filter((at) => at === 1)).toHaveLength(deliveryLimit + 1);
      expect(warnings).toContain('message given up');
      await expect.poll(deadLetters, { timeout: 10_000 }).toBe(1);
    });

    it('never gives up a message whose handler only waits for something unavailable', async () => {
      const { bus } = await aBus();
      let attempts = 0;
      await bus.receiveFacts(async () => {
        attempts += 1;
        if (attempts <= deliveryLimit + 5) throw new CyborgError('bus.unavailable', 'away');
      });
      await bus.sendFact(goodbye('hpc-1', 1));
      await expect.poll(() => attempts, { timeout: 10_000 }).toBe(deliveryLimit + 6);
    });

    it('puts away what is no message, and delivers the next', async () => {
      const { bus, deadLetters } = await aBus();
      await bus.sendFact({ kind: 'nonsense', host: 'hpc-1' } as never);
      await bus.sendFact(goodbye('hpc-1', 2));
      expect(await collectFacts(bus, 1)).toEqual([goodbye('hpc-1', 2)]);
      await expect.poll(deadLetters, { timeout: 10_000 }).toBe(1);
    });

    it('ends a subscription when the message in hand is done, and keeps the rest for the next', async () => {
      const { bus } = await aBus();
      const done: number[] = [];
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      let isInHand = false;
      const unsubscribe = await bus.receiveFacts(async (fact) => {
        isInHand = true;
        await held;
        done.push(timeOf(fact));
      });
      await bus.sendFact(goodbye('hpc-1', 1));
      await bus.sendFact(goodbye('hpc-1', 2));
      await expect.poll(() => isInHand).toBe(true);
      const ended = unsubscribe().then(() => done.slice());
      release();
      expect(await ended).toEqual([1]);
      expect(await collectFacts(bus, 1)).toEqual([goodbye('hpc-1', 2)]);
    });

    it('ends a subscription that only waits to try again, and gives the message to the next', async () => {
      const { bus } = await aBus();
      let attempts = 0;
      const unsubscribe = await bus.receiveFacts(async () => {
        attempts += 1;
        throw new CyborgError('bus.unavailable', 'away');
      });
      await bus.sendFact(goodbye('hpc-1', 1));
      await expect.poll(() => attempts).toBeGreaterThan(0);
      await unsubscribe();
      expect(await collectFacts(bus, 1)).toEqual([goodbye('hpc-1', 1)]);
    });

    it('refuses to send once it is closed, with bus.unavailable', async () => {
      const { bus } = await aBus();
      await expect.poll(() => bus.isConnected()).toBe(true);
      await bus.close();
      expect(bus.isConnected()).toBe(false);
      await expect(bus.sendCommand('hpc-1', cancel(1))).rejects.toMatchObject({ code: 'bus.unavailable' });
      await expect(bus.sendFact(goodbye('hpc-1', 1))).rejects.toMatchObject({ kind: 'unavailable' });
    });
  });
});

const timeOf = (fact: Fact): number => (fact.kind === 'goodbye' ? fact.at : -1);

async function collectCommands(bus: Bus, host: string, count: number): Promise<Command[]> {
  const received: Command[] = [];
  const unsubscribe = await bus.receiveCommands(host, async (command) => void received.push(command));
  await expect.poll(() => received.length, { timeout: 10_000 }).toBe(count);
  await unsubscribe();
  return received;
}

async function collectFacts(bus: Bus, count: number): Promise<Fact[]> {
  const received: Fact[] = [];
  const unsubscribe = await bus.receiveFacts(async (fact) => void received.push(fact));
  await expect.poll(() => received.length, { timeout: 10_000 }).toBe(count);
  await unsubscribe();
  return received;
}
