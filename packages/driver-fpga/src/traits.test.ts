import { describe, expect, it } from 'vitest';
import { alveoTraits, intelTraits } from './traits.ts';

describe('traits of an FPGA', () => {
  it('are the ones Cyborg gives to an Intel card', () => {
    expect(
      intelTraits({
        board: 'PAC_ARRIA10',
        region: 'f64e598bea11517fa28e7bc65d885104',
        functions: ['d8424dc4a4a3c413f89e433683f9040b', 'd8424dc4a4a3c413f89e433683f9040b'],
      }),
    ).toEqual([
      'OWNER_CYBORG',
      'CUSTOM_FPGA_INTEL',
      'CUSTOM_FPGA_INTEL_PAC_ARRIA10',
      'CUSTOM_FPGA_REGION_INTEL_F64E598BEA11517FA28E7BC65D885104',
      'CUSTOM_FPGA_FUNCTION_ID_INTEL_D8424DC4A4A3C413F89E433683F9040B',
    ]);
  });

  it('say nothing of a region that cannot be read', () => {
    expect(intelTraits({ board: undefined, region: undefined, functions: [] })).toEqual([
      'OWNER_CYBORG',
      'CUSTOM_FPGA_INTEL',
    ]);
  });

  it('are the ones Cyborg gives to an Alveo card', () => {
    expect(alveoTraits('5005')).toEqual([
      'OWNER_CYBORG',
      'CUSTOM_FPGA_XILINX',
      'CUSTOM_FPGA_PRODUCT_ID_5005',
    ]);
  });
});
