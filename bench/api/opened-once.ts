/** What is opened at its first use, and stopped when there is nothing more to do. */
export function openedOnce<Key, Opened extends { stop(): Promise<void> }>(
  open: (key: Key) => Promise<Opened>,
): (key: Key) => Promise<Opened> {
  const known = new Map<Key, Promise<Opened>>();
  process.once('beforeExit', async () => {
    await Promise.all([...known.values()].map(async (opened) => (await opened).stop()));
  });
  return (key) => {
    const opened = known.get(key) ?? open(key);
    known.set(key, opened);
    return opened;
  };
}
