/** A body that is read in pieces of any length, whatever it comes in. */
export interface Pieces {
  /** At most so many bytes, as many as that unless the body ends before; none at its end. */
  take(length: number): Promise<Buffer>;
  /** Where in the whole the next piece begins. */
  offset(): number;
}

/** Pieces of a body that begins at an offset of the whole. */
export function createPieces(body: AsyncIterable<Uint8Array>, start: number): Pieces {
  const iterator = body[Symbol.asyncIterator]();
  let waiting: Uint8Array = Buffer.alloc(0);
  let at = start;
  return {
    async take(length) {
      const taken: Uint8Array[] = [];
      let missing = length;
      while (missing > 0) {
        if (waiting.length === 0) {
          const next = await iterator.next();
          if (next.done === true) break;
          waiting = next.value;
          continue;
        }
        const piece = waiting.subarray(0, missing);
        waiting = waiting.subarray(piece.length);
        taken.push(piece);
        missing -= piece.length;
      }
      at += length - missing;
      return Buffer.concat(taken);
    },
    offset: () => at,
  };
}
