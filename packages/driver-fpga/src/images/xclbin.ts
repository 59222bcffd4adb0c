import { refuseImage, shown } from './refuse-image.ts';

/** What the header of an `.xclbin` says: an image for the user part of an AMD (Xilinx) Alveo card. */
export interface XclbinImage {
  /** Id of the image, 32 hexadecimal digits. */
  readonly uuid: string;
  /** Interface id of the shell that it was built for, 32 hexadecimal digits; undefined for a flat shell. */
  readonly interfaceId: string | undefined;
  /** Name of the platform that it was built for: `xilinx_u250_gen3x16_xdma_shell_4_1`. */
  readonly platform: string;
  /** Whether it has something to configure an FPGA with. */
  readonly hasBitstream: boolean;
  /** Whether it is for the flash of the card: a shell, and no user image. */
  readonly isShell: boolean;
}

const magic = Buffer.from('xclbin2\0', 'latin1');
const headerLength = 456;
const sectionLength = 40;
const sectionLimit = 1024;
/** Kinds of sections: a bitstream, and a device image of newer parts. */
const bitstream = 0;
const deviceImage = 18;
/** Kinds that only a shell has: what goes into the flash, firmware of the board controller. */
const shellKinds: readonly number[] = [12, 13, 24];

/**
 * Reads the header and the table of sections of an `.xclbin` (XRT: src/runtime_src/core/include/xclbin.h, `axlf`;
 * all little-endian). Throws a `DriverError` `invalid` that says what is wrong.
 */
export function parseXclbin(bytes: Uint8Array): XclbinImage {
  if (bytes.length < magic.length || magic.compare(bytes, 0, magic.length) !== 0)
    throw refuseImage(
      'it does not begin as an xclbin2 does',
      'Alveo cards take .xclbin images, as v++ makes them.',
    );
  if (bytes.length < headerLength)
    throw refuseImage(`it ends after ${bytes.length} bytes, within its header: it is cut off`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(304, true);
  if (length !== BigInt(bytes.length))
    throw refuseImage(
      `it says that it has ${length} bytes, and it has ${bytes.length}: it is cut off or changed`,
    );
  const kinds = readSections(view);
  const uuid = hex(bytes.subarray(416, 432));
  if (isNothing(uuid)) throw refuseImage('it has no id of its own');
  const interfaceId = hex(bytes.subarray(336, 352));
  return {
    uuid,
    interfaceId: isNothing(interfaceId) ? undefined : interfaceId,
    platform: platformOf(bytes.subarray(352, 416)),
    hasBitstream: kinds.includes(bitstream) || kinds.includes(deviceImage),
    isShell: kinds.some((kind) => shellKinds.includes(kind)),
  };
}

/** The kinds of its sections, each of which lies within the file. */
function readSections(view: DataView): number[] {
  const count = view.getUint32(448, true);
  const bodies = headerLength + count * sectionLength;
  if (count === 0 || count > sectionLimit || bodies > view.byteLength)
    throw refuseImage(
      `it says that it has ${count} sections, which a file of ${view.byteLength} bytes cannot hold`,
    );
  return Array.from({ length: count }, (_, index) => {
    const at = headerLength + index * sectionLength;
    const start = view.getBigUint64(at + 24, true);
    const size = view.getBigUint64(at + 32, true);
    if (start < BigInt(bodies) || start + size > BigInt(view.byteLength))
      throw refuseImage(
        `its section ${index} lies at ${start} with ${size} bytes, which is not within the file`,
      );
    return view.getUint32(at, true);
  });
}

function platformOf(field: Uint8Array): string {
  const end = field.indexOf(0);
  const text = Buffer.from(field.subarray(0, end === -1 ? field.length : end)).toString('latin1');
  if (!/^[\x21-\x7e]{1,64}$/.test(text)) throw refuseImage(`${shown(text)} is no name of a platform`);
  return text;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const isNothing = (id: string): boolean => /^(0+|f+)$/.test(id);
