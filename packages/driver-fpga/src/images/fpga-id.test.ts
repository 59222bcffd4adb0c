import { describe, expect, it } from 'vitest';
import { asFpgaId } from './fpga-id.ts';

describe('ids of regions and functions', () => {
  it('are written without dashes and in lower case', () => {
    expect(asFpgaId('D8424DC4-A4A3-C413-F89E-433683F9040B')).toBe('d8424dc4a4a3c413f89e433683f9040b');
  });

  it.each([undefined, '', '0x0', 'd8424dc4', '\u0000'])('are not %j', (text) => {
    expect(asFpgaId(text)).toBeUndefined();
  });
});
