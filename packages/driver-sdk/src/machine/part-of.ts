import type { BytesPart } from '../machine.ts';

/** A part of what was read whole. */
export function partOf(
  bytes: Uint8Array | undefined,
  { offset = 0, length = Number.POSITIVE_INFINITY }: BytesPart = {},
): Uint8Array | undefined {
  return bytes?.subarray(offset, offset + length);
}
