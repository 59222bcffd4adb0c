import type { Event } from '@cyborgjs/core';

export interface EventQuery {
  /** Only events after this one. */
  readonly after: number;
  readonly limit: number;
  readonly host?: string | undefined;
  readonly subject?: string | undefined;
  /** Types, or patterns of them: `device.*`. */
  readonly types?: readonly string[] | undefined;
}

/** What can be asked about events. */
export interface EventReads {
  /** By id, ascending. Ids rise by order of commit: whoever has seen one has missed none before it. */
  list(query: EventQuery): Promise<readonly Event[]>;
  /** Id of the newest event; 0 when there is none. */
  latestId(): Promise<number>;
  /** How many of these events lie behind one and fit one of the patterns. */
  countOf(
    ids: readonly number[],
    query: Pick<EventQuery, 'after'> & { readonly types: readonly string[] },
  ): Promise<number>;
  /** Ids of events from before a time. */
  listBefore(before: number, limit: number): Promise<readonly number[]>;
}

export type NewEvent = Pick<Event, 'type' | 'subject' | 'host' | 'data'>;

/** What a transaction can do to events. */
export interface EventWrites {
  /** Stored at the end of the transaction, with ids given then. */
  add(event: NewEvent): void;
  remove(ids: readonly number[]): Promise<void>;
}
