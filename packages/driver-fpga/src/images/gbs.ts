import { z } from 'zod';
import { asFpgaId } from './fpga-id.ts';
import { refuseImage, shown } from './refuse-image.ts';
import { isSigned } from './signed-image.ts';

/** What the header of a `.gbs` says: a green bitstream, for the reconfigurable region of an Intel FPGA. */
export interface GbsImage {
  /** Interface id of the static region that it was built for, 32 hexadecimal digits. */
  readonly interfaceId: string;
  /** Ids of the accelerator functions that it brings, 32 hexadecimal digits each, in the order of their ports. */
  readonly functions: readonly string[];
}

/** `XeonFPGA`, b7, `GBSv001`. */
const magic = Buffer.from('58656f6e46504741b747425376303031', 'hex');
const metadataStart = magic.length + 4;
const metadataLimit = 4096;
/** What every image has as `magic-no`. */
const metadataMagic = 488_605_312;

const FpgaId = z.string().transform((text, context) => {
  const id = asFpgaId(text);
  if (id === undefined) context.addIssue(`${shown(text)} is no id of 32 hexadecimal digits`);
  return id ?? '';
});

const Metadata = z.object({
  'afu-image': z.object({
    'magic-no': z.literal(metadataMagic),
    'interface-uuid': FpgaId,
    'accelerator-clusters': z
      .array(z.object({ 'accelerator-type-uuid': FpgaId }))
      .min(1)
      .max(32),
  }),
});

/**
 * Reads the header of a `.gbs`: 16 bytes of magic, the length of the metadata as a little-endian 32-bit number, the
 * metadata as JSON, the bitstream (OPAE SDK: libraries/libbitstream). Throws a `DriverError` `invalid` that says
 * what is wrong.
 */
export function parseGbs(bytes: Uint8Array): GbsImage {
  if (bytes.length < metadataStart || magic.compare(bytes, 0, magic.length) !== 0)
    throw refuseImage(
      'it does not begin as a .gbs does',
      isSigned(bytes)
        ? 'It is signed, for the flash of a card: a shell is flashed with the option target=shell.'
        : 'Intel cards take .gbs images, as packager makes them.',
    );
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length, true);
  if (length === 0 || length >= metadataLimit)
    throw refuseImage(`its metadata has ${length} bytes, and 1 to ${metadataLimit - 1} can be`);
  const end = metadataStart + length;
  if (end >= bytes.length)
    throw refuseImage(
      `it ends after ${bytes.length} bytes, before its bitstream begins at ${end}: it is cut off`,
    );
  const image = readMetadata(bytes.subarray(metadataStart, end))['afu-image'];
  return {
    interfaceId: image['interface-uuid'],
    functions: image['accelerator-clusters'].map((cluster) => cluster['accelerator-type-uuid']),
  };
}

function readMetadata(bytes: Uint8Array): z.output<typeof Metadata> {
  const parsed = Metadata.safeParse(asJson(bytes));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refuseImage(`its metadata is not as it must be at ${issue?.path.join('.')}: ${issue?.message}`);
}

function asJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refuseImage('its metadata is not JSON');
  }
}
