import type { Fact } from '@cyborgjs/core';
import type { Logger } from 'pino';
import type { Bus } from '../bus/bus.ts';

interface FactSenderInit {
  readonly bus: Bus;
  readonly log: Logger;
  /** Resolves after a pause, or earlier when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Sends facts up in order, through outages. What a newer fact makes pointless (a report of the same driver, a
 * heartbeat) is not kept, so an outage of days costs no more memory than one of seconds.
 */
export interface FactSender {
  send(fact: Fact): void;
  /** Resolves when everything has been sent, or after the grace period. */
  flush(graceMs: number): Promise<void>;
  stop(): void;
}

/** Begins to send as soon as there is something. */
export function createFactSender({ bus, log, pause }: FactSenderInit): FactSender {
  const waiting = new Map<string, Fact>();
  const stopped = new AbortController();
  let running: Promise<void> | undefined;

  async function drain(): Promise<void> {
    let failures = 0;
    for (;;) {
      const next = waiting.entries().next().value;
      if (next === undefined || stopped.signal.aborted) return;
      const [key, fact] = next;
      try {
        await bus.sendFact(fact);
        if (waiting.get(key) === fact) waiting.delete(key);
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures === 1) log.warn({ err: error }, 'facts wait: the bus does not take them');
        await pause(Math.min(30_000, 250 * 2 ** failures), stopped.signal);
      }
    }
  }

  function wake(): void {
    running ??= drain().finally(() => {
      running = undefined;
      if (waiting.size > 0 && !stopped.signal.aborted) wake();
    });
  }

  return {
    send(fact) {
      const key = supersedingKey(fact);
      waiting.delete(key);
      waiting.set(key, fact);
      wake();
    },
    async flush(graceMs) {
      const end = pause(graceMs, stopped.signal);
      while (waiting.size > 0) {
        const done = await Promise.race([running?.then(() => true) ?? true, end.then(() => false)]);
        if (!done) return;
      }
    },
    stop: () => stopped.abort(),
  };
}

/** Facts with equal keys replace each other while they wait. */
function supersedingKey(fact: Fact): string {
  switch (fact.kind) {
    case 'report':
      return `report/${fact.report.driver}`;
    case 'stats':
      return `stats/${fact.driver}`;
    case 'operation-progress':
    case 'operation-result':
      return `operation/${fact.operationId}`;
    default:
      return fact.kind;
  }
}
