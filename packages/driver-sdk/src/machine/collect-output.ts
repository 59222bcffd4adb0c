import { StringDecoder } from 'node:string_decoder';

interface Collecting {
  readonly maxBytes: number;
  readonly onTooMuch: () => void;
  readonly onLine: (line: string) => void;
}

/**
 * Gathers a stream as UTF-8 text up to a size, telling of each line as it is complete. The function returned ends
 * the gathering and gives the text; a last line without a newline counts.
 */
export function collectOutput(
  stream: NodeJS.ReadableStream | null,
  { maxBytes, onTooMuch, onLine }: Collecting,
): () => string {
  const decoder = new StringDecoder('utf8');
  const pieces: string[] = [];
  let line = '';
  let bytes = 0;
  const take = (piece: string): void => {
    pieces.push(piece);
    const [first = '', ...others] = piece.split('\n');
    line += first;
    for (const other of others) {
      onLine(line);
      line = other;
    }
  };
  stream?.on('data', (chunk: Buffer) => {
    const room = maxBytes - bytes;
    bytes += chunk.length;
    if (room > 0) take(decoder.write(chunk.subarray(0, room)));
    if (bytes > maxBytes) onTooMuch();
  });
  return () => {
    take(decoder.end());
    if (line !== '') onLine(line);
    return pieces.join('');
  };
}
