import { gbsImage, usualAfuId, usualInterfaceId } from '@cyborgjs/driver-sdk/simulator';
import { describe, expect, it } from 'vitest';
import { parseGbs } from './gbs.ts';

const image = Buffer.from(gbsImage());

/** A copy with its metadata replaced. */
function withMetadata(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(text));
  return Buffer.concat([image.subarray(0, 16), length, Buffer.from(text), Buffer.from('bitstream')]);
}

const metadata = image.subarray(20, 20 + image.readUInt32LE(16)).toString();

describe('a .gbs', () => {
  it('names its interface and its functions', () => {
    expect(parseGbs(image)).toEqual({ interfaceId: usualInterfaceId, functions: [usualAfuId] });
    const functions = ['a'.repeat(32), 'b'.repeat(32)];
    expect(parseGbs(gbsImage({ functions })).functions).toEqual(functions);
  });

  it('is found in the middle of a buffer', () => {
    const larger = Buffer.concat([Buffer.from('123'), image]);
    expect(parseGbs(larger.subarray(3)).interfaceId).toBe(usualInterfaceId);
  });

  it.each([
    ['nothing', Buffer.alloc(0), /does not begin as a \.gbs/],
    ['another magic', Buffer.from(image).fill(0, 15, 16), /does not begin as a \.gbs/],
    ['only its beginning', image.subarray(0, 18), /does not begin as a \.gbs/],
    ['no metadata', Buffer.from(image).fill(0, 16, 20), /its metadata has 0 bytes/],
    ['too much metadata', Buffer.from(image).fill(0xff, 16, 20), /its metadata has 4294967295 bytes/],
    ['half its metadata', image.subarray(0, 100), /cut off/],
    ['no bitstream', image.subarray(0, 20 + metadata.length), /cut off/],
    ['metadata that is no JSON', withMetadata('{"afu-image":'), /not JSON/],
    ['metadata that is no UTF-8', Buffer.from(image).fill(0xff, 30, 31), /not JSON/],
    ['no image in its metadata', withMetadata('{"version":1}'), /at afu-image:/],
    ['another magic number', withMetadata(metadata.replace('488605312', '1')), /at afu-image\.magic-no:/],
    [
      'no interface, as old images have none',
      withMetadata(metadata.replace('interface-uuid', 'interface')),
      /at afu-image\.interface-uuid:/,
    ],
    [
      'a function that is no id',
      withMetadata(
        metadata.replace(/"accelerator-type-uuid":"[^"]*"/, '"accelerator-type-uuid":"../../etc"'),
      ),
      /"\.\.\/\.\.\/etc" is no id/,
    ],
    [
      'no function',
      withMetadata(metadata.replace(/"accelerator-clusters":\[.*\]/, '"accelerator-clusters":[]')),
      /at afu-image\.accelerator-clusters:/,
    ],
  ])('with %s is refused', (_what, bytes, why) => {
    expect(() => parseGbs(bytes)).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(() => parseGbs(bytes)).toThrow(why);
  });
});
