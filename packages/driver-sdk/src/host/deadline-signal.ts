/** The longest that a timer can wait. */
const longestMs = 2 ** 31 - 1;

/** A signal that aborts with the other's reason, or with `late()` after a time. `clear` it when the wait is over. */
export function deadlineSignal(
  ms: number,
  signal: AbortSignal | undefined,
  late: () => Error,
): { readonly signal: AbortSignal; readonly clear: () => void } {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal?.reason);
  const timer = setTimeout(() => controller.abort(late()), Math.min(ms, longestMs));
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}
