import { asUuid } from '../cards/card-parts.ts';
import { usualAfuId, usualInterfaceId } from '../cards/intel-fpga-dfl.ts';

export interface GbsImageOptions {
  /** Interface id of the region that it is for, 32 hexadecimal digits; default the one of the builders' cards. */
  readonly interfaceId?: string;
  /** Ids of the functions that it brings, 32 hexadecimal digits each. */
  readonly functions?: readonly string[];
  /** Bytes of made-up bitstream. */
  readonly bitstreamBytes?: number;
}

/** A made-up image for the region of an Intel FPGA: a true `.gbs` header, and nothing that could run. */
export function gbsImage(options: GbsImageOptions = {}): Uint8Array {
  const { interfaceId = usualInterfaceId, functions = [usualAfuId], bitstreamBytes = 64 } = options;
  const metadata = Buffer.from(
    JSON.stringify({
      version: 1,
      'platform-name': 'DCP',
      'afu-image': {
        'magic-no': 488_605_312,
        power: 0,
        'interface-uuid': asUuid(interfaceId),
        'accelerator-clusters': functions.map((id, index) => ({
          name: `function_${index}`,
          'total-contexts': 1,
          'accelerator-type-uuid': asUuid(id),
        })),
      },
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(metadata.length);
  const magic = Buffer.from('58656f6e46504741b747425376303031', 'hex');
  return Buffer.concat([magic, length, metadata, Buffer.alloc(bitstreamBytes, 0xa5)]);
}
