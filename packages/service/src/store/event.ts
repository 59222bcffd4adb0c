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

/** What can be asked about events that have an id. Ids are given after the commit, before anybody outside of a transaction looks. */
export interface NumberedEventReads {
  /** By id, ascending. Whoever has seen one has missed none before it. */
  list(query: EventQuery): Promise<readonly Event[]>;
  /** How many of these events lie behind one and fit one of the patterns. */
  countOf(
    ids: readonly number[],
    query: Pick<EventQuery, 'after'> & { readonly types: readonly string[] },
  ): Promise<number>;
  /** Ids of events from before a time. */
  listBefore(before: number, limit: number): Promise<readonly number[]>;
}

/** What can be asked about events: all that have been committed. */
export interface EventReads extends NumberedEventReads {
  /** Id of the newest event; 0 when there is none. */
  latestId(): Promise<number>;
}

export type NewEvent = Pick<Event, 'type' | 'subject' | 'host' | 'data'>;

/** What a transaction can do to events. */
export interface EventWrites {
  /** Stored at the end of the transaction; it has an id when the next one looks. */
  add(event: NewEvent): void;
  remove(ids: readonly number[]): Promise<void>;
}
