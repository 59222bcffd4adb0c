import { isDriverError } from '@cyborgjs/driver-sdk';
import { describe, expect, it } from 'vitest';
import { parseGpuMetrics } from './gpu-metrics.ts';

/** A table of a version, with some 16-bit words set and the energy counter at its place. */
function table(
  [format, content]: readonly [number, number],
  words: Readonly<Record<number, number>>,
  energyAt: number,
): Uint8Array {
  const bytes = new Uint8Array(160);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, bytes.length, true);
  view.setUint8(2, format);
  view.setUint8(3, content);
  for (const [at, word] of Object.entries(words)) view.setUint16(Number(at), word, true);
  view.setBigUint64(energyAt, 65_536n * 250n, true);
  return bytes;
}

const expected = {
  temperature: 61,
  memoryTemperature: 55,
  power: 340,
  activity: 0.97,
  memoryActivity: 0.4,
  energy: 250,
};

describe('gpu_metrics', () => {
  it.each([
    ['1.3', table([1, 3], { 6: 61, 8: 55, 16: 97, 18: 40, 22: 340 }, 24)],
    ['1.4', table([1, 4], { 4: 61, 6: 55, 10: 340, 12: 97, 14: 40 }, 24)],
    ['1.5', table([1, 5], { 4: 61, 6: 55, 10: 340, 12: 97, 14: 40 }, 88)],
    ['1.8', table([1, 8], { 4: 61, 6: 55, 10: 340, 12: 97, 14: 40 }, 16)],
  ])('of version %s is read in our units', (version, bytes) => {
    expect(parseGpuMetrics(bytes)).toEqual({ version, ...expected });
  });

  it('has no value where all bits are set, or where it cannot be one', () => {
    const bytes = table([1, 4], { 4: 0xffff, 6: 900, 10: 340, 12: 101, 14: 40 }, 24);
    new DataView(bytes.buffer).setBigUint64(24, 0xffff_ffff_ffff_ffffn, true);
    expect(parseGpuMetrics(bytes)).toEqual({
      version: '1.4',
      temperature: undefined,
      memoryTemperature: undefined,
      power: 340,
      activity: undefined,
      memoryActivity: 0.4,
      energy: undefined,
    });
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['a version of processors', table([2, 1], {}, 24)],
    ['a version of the future', table([9, 9], {}, 24)],
    ['a table cut off', table([1, 4], {}, 24).slice(0, 30)],
  ])('refuses %s', (_name, bytes) => {
    expect(() => parseGpuMetrics(bytes)).toThrow(expect.toSatisfy(isDriverError));
  });
});
