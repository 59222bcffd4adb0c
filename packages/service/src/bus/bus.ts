import type { Command, Fact } from '@cyborgjs/core';

/** Ends a subscription; resolves when the message in hand is done. */
export type Unsubscribe = () => Promise<void>;

/**
 * What carries commands down and facts up. Both ways deliver at least once and in order per host; a handler that
 * rejects gets the same message again after a pause. There are two implementations: in memory, for one process,
 * and RabbitMQ.
 */
export interface Bus {
  /** Resolves when the bus has taken responsibility; rejects with `bus.unavailable` when it cannot. */
  sendCommand(host: string, command: Command): Promise<void>;
  /** One subscriber per host. */
  receiveCommands(host: string, handle: (command: Command) => Promise<void>): Promise<Unsubscribe>;
  sendFact(fact: Fact): Promise<void>;
  /** Several subscribers share the facts; those of one host go to one at a time. */
  receiveFacts(handle: (fact: Fact) => Promise<void>): Promise<Unsubscribe>;
  /** Whether messages can be sent now; for `/readyz`. */
  isConnected(): boolean;
  close(): Promise<void>;
}
