import { Command } from '@cyborgjs/core';
import { z } from 'zod';

/** What Nova is to be told: how the binding of each accelerator of one server has ended. */
export const BindingNews = z.object({
  kind: z.literal('binding-news'),
  instanceId: z.string(),
  outcomes: z.array(z.object({ requestId: z.string(), status: z.enum(['completed', 'failed']) })),
});
export type BindingNews = z.output<typeof BindingNews>;

/** Everything that leaves through the outbox: commands by the bus, news to Nova. */
export const OutboxContent = z.discriminatedUnion('kind', [Command, BindingNews]);
export type OutboxContent = z.output<typeof OutboxContent>;

/** A message that waits to be sent. */
export interface OutboxMessage {
  readonly id: number;
  /** What it shares its order with: name of the host that a command is for. */
  readonly destination: string;
  readonly content: OutboxContent;
  /** How often sending has failed. */
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly nextAttemptAt: number;
}

/** A right to work on something that runs out by itself when its holder dies. */
export interface Lease {
  /** Who holds it: one running worker. */
  readonly owner: string;
  readonly now: number;
  readonly until: number;
}

export interface NewOutboxMessage {
  readonly destination: string;
  /**
   * What it is about: a later message of the same destination and topic takes the place of one that still waits,
   * so that an outage leaves no pile.
   */
  readonly topic: string;
  readonly content: OutboxContent;
}

/** What news for Nova share; no host is called so. */
export const novaDestination = '/nova';

interface DueQuery {
  /** Nova and the bus fail each for itself: whoever waits for the one must not keep the other waiting. */
  readonly to: 'nova' | 'hosts';
  readonly limit: number;
}

/** What can be asked about messages that wait. */
export interface OutboxReads {
  /** How many wait, and since when the oldest does (milliseconds since the epoch). */
  depth(): Promise<{ readonly messages: number; readonly oldestAt: number | null }>;
  /** Destinations with messages that are due by a time and that nobody has leased then: Nova alone, or all others. */
  listDue(by: number, which: DueQuery): Promise<readonly string[]>;
}

/**
 * What a transaction can do to messages that wait. A worker leases a whole destination, so that its messages leave
 * in the order in which they were stored.
 */
export interface OutboxWrites {
  add(message: NewOutboxMessage): Promise<void>;
  /** Takes back a message that still waits. */
  withdraw(destination: string, topic: string): Promise<void>;
  /** Leases a destination in one statement; false when another has it. */
  claim(destination: string, lease: Lease): Promise<boolean>;
  /** Prolongs a lease; false when it has run out. */
  renew(destination: string, lease: Lease): Promise<boolean>;
  release(destination: string, owner: string): Promise<void>;
  /** The oldest messages of a destination, in order. */
  next(destination: string, limit: number): Promise<readonly OutboxMessage[]>;
  /** Forgets a message that was sent. */
  remove(id: number): Promise<void>;
  /** Puts off everything for a destination after its oldest message could not be sent. */
  postpone(message: OutboxMessage, until: number, reason: string): Promise<void>;
}
