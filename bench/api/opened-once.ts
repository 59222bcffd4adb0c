/** Things by key, each opened at its first use and kept for the others. */
export interface OpenedOnce<Key, Opened> {
  get(key: Key): Promise<Opened>;
  /** Stops all of them. */
  stop(): Promise<void>;
}

export function openedOnce<Key, Opened extends { stop(): Promise<unknown> }>(
  open: (key: Key) => Promise<Opened>,
): OpenedOnce<Key, Opened> {
  const known = new Map<Key, Promise<Opened>>();
  return {
    get(key) {
      const opened = known.get(key) ?? open(key);
      known.set(key, opened);
      return opened;
    },
    async stop() {
      const all = [...known.values()];
      known.clear();
      await Promise.all(all.map(async (opened) => (await opened).stop()));
    },
  };
}
