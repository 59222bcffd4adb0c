import { usualShellInterface } from '../cards/alveo.ts';

export interface XclbinImageOptions {
  /** Id of the image, 32 hexadecimal digits. */
  readonly uuid?: string;
  /** Interface id of the shell that it is for, 32 hexadecimal digits; default the one of the builders' cards. */
  readonly interfaceUuid?: string;
  /** Name of the platform that it is for. */
  readonly platform?: string;
  /** Kinds of its sections; default one bitstream (0). */
  readonly sections?: readonly number[];
}

/** Id of the builders' images, where none is given. */
export const usualXclbinId = '7a9e0b3c10f24c8d8d0e6c1f8b2a9d11';

const headerLength = 456;
const sectionLength = 40;
const bodyLength = 64;

/** A made-up image for an Alveo card: a true `.xclbin` header and table of sections, and nothing that could run. */
export function xclbinImage(options: XclbinImageOptions = {}): Uint8Array {
  const { uuid = usualXclbinId, interfaceUuid = usualShellInterface, sections = [0] } = options;
  const { platform = 'xilinx_u250_gen3x16_xdma_shell_4_1' } = options;
  const bodies = headerLength + sections.length * sectionLength;
  const image = Buffer.alloc(bodies + sections.length * bodyLength);
  image.write('xclbin2\0', 0, 'latin1');
  image.writeInt32LE(-1, 8);
  image.writeBigUInt64LE(BigInt(image.length), 304);
  image.write(interfaceUuid, 336, 'hex');
  image.write(platform, 352, 64, 'latin1');
  image.write(uuid, 416, 'hex');
  image.writeUInt32LE(sections.length, 448);
  for (const [index, kind] of sections.entries()) {
    const at = headerLength + index * sectionLength;
    image.writeUInt32LE(kind, at);
    image.write(`section_${index}`, at + 4, 16, 'latin1');
    image.writeBigUInt64LE(BigInt(bodies + index * bodyLength), at + 24);
    image.writeBigUInt64LE(BigInt(bodyLength), at + 32);
  }
  return image;
}
