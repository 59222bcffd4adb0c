import { createHash } from 'node:crypto';
import { usualInterfaceId } from '../cards/intel-fpga-dfl.ts';

export interface SignedImageOptions {
  /** What it holds: a static region, firmware of the board controller, or a user image. Default a static region. */
  readonly content?: 'shell' | 'controller' | 'user';
  /** Default an update; the others burn keys into the card for good. */
  readonly certificate?: 'update' | 'cancellation' | 'root-key';
  /** Id of the static image, as the card then shows it: `0x501020222df1b7a`. */
  readonly bitstreamId?: string;
  /** Interface id of its region, 32 hexadecimal digits. */
  readonly interfaceId?: string;
}

const contents = { shell: 0, controller: 1, user: 2 } as const;
const certificates = { update: 0, cancellation: 1, 'root-key': 2 } as const;

/** The static image's id of made-up signed images, where none is given. */
export const usualShellId = '0x501020333df1c8b';

/**
 * A made-up image for the flash of an Intel FPGA card: true headers as PACSign writes them (OPAE SDK: python/pacsign,
 * block 0 and block 1), and in place of what could run what the simulated card is to become.
 */
export function signedImage(options: SignedImageOptions = {}): Uint8Array {
  const { bitstreamId = usualShellId, interfaceId = usualInterfaceId } = options;
  const payload = Buffer.alloc(256, 0xa5);
  payload.write(`${JSON.stringify({ bitstreamId, interfaceId })}\0`);
  const descriptor = Buffer.alloc(128);
  descriptor.writeUInt32LE(0xb6eafd19, 0);
  descriptor.writeUInt32LE(payload.length, 4);
  descriptor.writeUInt8(contents[options.content ?? 'shell'], 8);
  descriptor.writeUInt8(certificates[options.certificate ?? 'update'], 9);
  createHash('sha256').update(payload).digest().copy(descriptor, 16);
  createHash('sha384').update(payload).digest().copy(descriptor, 48);
  const signature = Buffer.alloc(896);
  signature.writeUInt32LE(0xf27f28d7, 0);
  return Buffer.concat([descriptor, signature, payload]);
}
