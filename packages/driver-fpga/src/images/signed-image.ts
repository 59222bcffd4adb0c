import { refuseImage } from './refuse-image.ts';

/** What the headers of a signed image say: something for the flash of an Intel FPGA card. */
export interface SignedImage {
  /** SHA-256 of what comes behind the headers, 64 hexadecimal digits. */
  readonly sha256: string;
  /** What comes behind the headers. */
  readonly payload: Uint8Array;
}

const descriptorMagic = 0xb6eafd19;
const signatureMagic = 0xf27f28d7;
const descriptorLength = 128;
const headersLength = 1024;

/** What an image can hold, by its content type; only the first is a shell. */
const contents = ['a shell', 'firmware of the board controller', 'a user image', 'a factory image'];
/** What an image can be there for, by its certificate type. */
const purposes = ['an update', 'the cancellation of a key', 'a root key', 'a root key'];

/** Whether a file begins as PACSign writes it. */
export const isSigned = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === descriptorMagic;

/**
 * Reads the headers of an image that PACSign made (OPAE SDK: python/pacsign): block 0 of 128 bytes with magic, length,
 * content type, certificate type and hashes, block 1 of 896 bytes with the signatures, the content; all little-endian.
 * The signatures are the card's to check. Throws a `DriverError` `invalid` that says what is wrong, and for whatever is
 * no update of a shell.
 */
export function parseSignedImage(bytes: Uint8Array): SignedImage {
  if (!isSigned(bytes))
    throw refuseImage(
      'it does not begin as a signed image does',
      'The shell of an Intel card is a signed .bin, as PACSign makes it; a .gbs is a user image.',
    );
  if (bytes.length <= headersLength)
    throw refuseImage(`it ends after ${bytes.length} bytes, within its headers: it is cut off`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const content = view.getUint8(8);
  const purpose = view.getUint8(9);
  if (purpose !== 0)
    throw refuseImage(
      `it is for ${purposes[purpose] ?? `something unknown (${purpose})`}, which cannot be undone`,
      'Burn keys by hand, with fpgasupdate.',
    );
  if (content !== 0)
    throw refuseImage(`it holds ${contents[content] ?? `something unknown (${content})`}, and no shell`);
  const length = view.getUint32(4, true);
  if (headersLength + length !== bytes.length)
    throw refuseImage(
      `it says that it has ${length} bytes behind its headers, and it has ${bytes.length - headersLength}: it is cut off or changed`,
    );
  if (view.getUint32(descriptorLength, true) !== signatureMagic)
    throw refuseImage('it has no block of signatures', 'Sign it with PACSign.');
  return {
    sha256: Buffer.from(bytes.subarray(16, 48)).toString('hex'),
    payload: bytes.subarray(headersLength),
  };
}
