import { describe, expect, it } from 'vitest';
import { gpuVendorOf } from './vendor.ts';

describe('which functions are GPUs', () => {
  it.each([
    ['an H200', '10de', '030200', 'nvidia'],
    ['an MI300X', '1002', '120000', 'amd'],
    ['an Arc Pro B60', '8086', '030000', 'intel'],
    ['an Intel Flex 170', '8086', '038000', 'intel'],
    ['an NVSwitch', '10de', '068000', undefined],
    ["a GPU's audio function", '10de', '040300', undefined],
    ["a BMC's VGA by ASPEED", '1a03', '030000', undefined],
    ["a BMC's VGA by Matrox", '102b', '030000', undefined],
    ['an Intel FPGA', '8086', '120000', undefined],
  ])('%s', (_name, vendor, pciClass, expected) => {
    expect(gpuVendorOf({ vendor, class: pciClass })).toBe(expected);
  });
});
