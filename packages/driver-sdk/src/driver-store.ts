/** What a driver can keep: JSON. */
export type StoredValue =
  | string
  | number
  | boolean
  | null
  | readonly StoredValue[]
  | { readonly [member: string]: StoredValue };

/**
 * A small memory of the driver's own, kept by its host on disk: it outlives crashes of the driver and restarts of
 * the agent. For what cannot be read from the machine, and for that only: `status` reads the machine.
 *
 * Keys are 1 to 64 of the characters `A-Z a-z 0-9 . _ : / -`, a value has up to 64 KiB of JSON, and there is room
 * for 256 keys; more is `invalid`. Each write is whole or not at all.
 */
export interface DriverStore {
  /** Undefined when there is none, or none of this boot. */
  get(key: string): Promise<StoredValue | undefined>;
  /** In a dry run it holds for the call only. `until: 'reboot'`: the machine's next boot no longer sees it. */
  set(key: string, value: StoredValue, options?: { readonly until?: 'reboot' }): Promise<void>;
  delete(key: string): Promise<void>;
}
