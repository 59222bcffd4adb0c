/**
 * How many characters the long part of a query may have. uWSGI takes 4096 bytes for all it is told of a request unless
 * configured otherwise, and breaks the connection above that. Its HTTP router tells the query twice, in REQUEST_URI
 * and QUERY_STRING, beside a token and other headers.
 */
export const queryLimit = 1200;

/** Names in groups of a bounded length, as they stand in a list of a query; no group is empty. */
export function chunksOf(names: readonly string[], limit = queryLimit): string[][] {
  const chunks: string[][] = [];
  let room = 0;
  for (const name of names) {
    // With its comma, which takes three characters in a query.
    room -= name.length + 3;
    if (room < 0) {
      chunks.push([]);
      room = limit - name.length;
    }
    chunks.at(-1)?.push(name);
  }
  return chunks;
}
