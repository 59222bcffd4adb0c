import { describe, expect, it } from 'vitest';
import { answers, deviceSerialNumber, vpdSerialNumber } from './card-identity.ts';

/** Configuration space of 4096 bytes with 32-bit words at the given offsets. */
function configSpace(words: Readonly<Record<number, number>>): Uint8Array {
  const view = new DataView(new ArrayBuffer(4096));
  view.setUint32(0, 0x1592_8086, true);
  for (const [offset, word] of Object.entries(words)) view.setUint32(Number(offset), word, true);
  return new Uint8Array(view.buffer);
}

describe('PCIe device serial number', () => {
  it('is found behind other extended capabilities and written as lspci does', () => {
    const config = configSpace({
      256: (0x148 << 20) | (1 << 16) | 0x0001,
      328: (0 << 20) | (1 << 16) | 0x0003,
      332: 0xffa0_1234,
      336: 0x001b_21ff,
    });
    expect(deviceSerialNumber(config)).toBe('001b21ffffa01234');
  });

  it.each([
    ['there is no extended space', configSpace({}).subarray(0, 256)],
    ['there is no such capability', configSpace({ 256: (1 << 16) | 0x0001 })],
    ['the list of capabilities is a ring', configSpace({ 256: (0x100 << 20) | (1 << 16) | 0x0001 })],
    ['it is all zeros', configSpace({ 256: (1 << 16) | 0x0003 })],
    ['the list leads out of the space', configSpace({ 256: (0xffc << 20) | (1 << 16) | 0x0001 })],
    ['the function is gone', new Uint8Array(4096).fill(0xff)],
  ])('is none when %s', (_case, config) => {
    expect(deviceSerialNumber(config)).toBeUndefined();
  });
});

describe('vital product data', () => {
  const field = (keyword: string, value: string): number[] => [
    ...Buffer.from(keyword),
    value.length,
    ...Buffer.from(value),
  ];
  const resource = (tag: number, bytes: readonly number[]): number[] => [tag, bytes.length, 0, ...bytes];

  it('holds the serial number in its read-only part', () => {
    const vpd = Uint8Array.from([
      ...resource(0x82, [...Buffer.from('An adapter')]),
      ...resource(0x90, [...field('PN', 'X-1'), ...field('SN', 'MT0000X00001  '), ...field('RV', 'x')]),
      0x78,
    ]);
    expect(vpdSerialNumber(vpd)).toBe('MT0000X00001');
  });

  it.each([
    ['nothing', []],
    ['zeros', [0, 0, 0, 0]],
    ['no serial number', [...resource(0x90, field('PN', 'X-1')), 0x78]],
    ['a blank serial number', [...resource(0x90, field('SN', '    ')), 0x78]],
    ['a length beyond its end', [0x90, 0xff, 0xff, 0x53]],
    ['all ones', Array<number>(64).fill(0xff)],
  ])('gives none from %s', (_case, bytes) => {
    expect(vpdSerialNumber(Uint8Array.from(bytes))).toBeUndefined();
  });
});

describe('a function that fell off the bus', () => {
  it('reads all ones', () => {
    expect(answers(new Uint8Array(64).fill(0xff))).toBe(false);
    expect(answers(configSpace({}))).toBe(true);
  });
});
