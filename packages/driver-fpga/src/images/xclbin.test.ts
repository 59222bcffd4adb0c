import { usualShellInterface, usualXclbinId, xclbinImage } from '@cyborgjs/driver-sdk/simulator';
import { describe, expect, it } from 'vitest';
import { parseXclbin } from './xclbin.ts';

const image = Buffer.from(xclbinImage({ sections: [0, 8, 14] }));

/** A copy in which one number stands elsewhere. */
function withNumber(at: number, value: bigint): Buffer {
  const copy = Buffer.from(image);
  copy.writeBigUInt64LE(value, at);
  return copy;
}

describe('an .xclbin', () => {
  it('names its id, its shell and its platform', () => {
    expect(parseXclbin(image)).toEqual({
      uuid: usualXclbinId,
      interfaceId: usualShellInterface,
      platform: 'xilinx_u250_gen3x16_xdma_shell_4_1',
      hasBitstream: true,
      isShell: false,
    });
  });

  it('for a flat shell names no interface', () => {
    expect(parseXclbin(xclbinImage({ interfaceUuid: '0'.repeat(32) })).interfaceId).toBeUndefined();
  });

  it.each([
    ['a bitstream', [0], true],
    ['a device image of newer parts', [8, 18], true],
    ['only metadata', [8, 14], false],
  ])('with %s', (_what, sections, hasBitstream) => {
    expect(parseXclbin(xclbinImage({ sections })).hasBitstream).toBe(hasBitstream);
  });

  it.each([
    ['nothing', Buffer.alloc(0), /does not begin as an xclbin2/],
    ['the magic of the first format', Buffer.from(image).fill('1', 6, 7), /does not begin as an xclbin2/],
    ['half a header', image.subarray(0, 300), /within its header/],
    ['half of itself', image.subarray(0, image.length - 1), /it is cut off or changed/],
    ['something behind it', Buffer.concat([image, Buffer.alloc(1)]), /it is cut off or changed/],
    ['no section', Buffer.from(image).fill(0, 448, 452), /it says that it has 0 sections/],
    ['too many sections', Buffer.from(image).fill(0xff, 448, 452), /it says that it has 4294967295 sections/],
    ['a section in its header', withNumber(456 + 24, 16n), /its section 0 lies at 16/],
    ['a section beyond its end', withNumber(456 + 32, 2n ** 64n - 1n), /its section 0 lies at/],
    ['no id', Buffer.from(image).fill(0, 416, 432), /no id of its own/],
    ['a platform that is no name', Buffer.from(image).fill(0x1b, 352, 360), /is no name of a platform/],
    ['no platform', Buffer.from(image).fill(0, 352, 416), /is no name of a platform/],
  ])('with %s is refused', (_what, bytes, why) => {
    expect(() => parseXclbin(bytes)).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(() => parseXclbin(bytes)).toThrow(why);
  });
});
