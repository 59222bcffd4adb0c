/** The code of a failed connection, from wherever it is among the causes: `ECONNRESET`, `UND_ERR_SOCKET`. */
export function socketCodeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause)
    if ('code' in at && typeof at.code === 'string') return at.code;
  return error instanceof Error ? error.name : 'unknown';
}
