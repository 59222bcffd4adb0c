/** Ctrl-C ended the command; the message says what goes on without it. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}
