import type { Command } from '@cyborgjs/core';

/** A command that waits for the bus. */
export interface OutboxMessage {
  readonly id: number;
  /** Name of the host it is for. */
  readonly destination: string;
  readonly command: Command;
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
   * so that an outage of the bus leaves no pile.
   */
  readonly topic: string;
  readonly command: Command;
}

/** What can be asked about commands that wait. */
export interface OutboxReads {
  /** How many wait, and since when the oldest does (milliseconds since the epoch). */
  depth(): Promise<{ readonly messages: number; readonly oldestAt: number | null }>;
  /** Destinations with messages that are due by a time and that nobody has leased then. */
  listDue(by: number, limit: number): Promise<readonly string[]>;
}

/**
 * What a transaction can do to commands that wait. A worker leases a whole destination, so that its messages leave
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
