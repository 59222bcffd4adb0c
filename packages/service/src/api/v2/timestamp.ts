/** An ISO 8601 UTC time as Cyborg shows times: whole seconds, `2026-11-22T08:28:47+00:00`; null stays null. */
export function timestamp<Time extends string | null>(iso: Time): Time extends null ? string | null : string;
export function timestamp(iso: string | null): string | null {
  return iso === null ? null : `${iso.slice(0, 19)}+00:00`;
}

/** The other form, of a device profile read alone: with a space, and the word `None` where there is no time. */
export function spacedTimestamp(iso: string | null): string {
  return iso === null ? 'None' : `${iso.slice(0, 10)} ${iso.slice(11, 19)}+00:00`;
}
