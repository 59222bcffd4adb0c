import { customTrait, Trait } from '@cyborgjs/core';

/** What an Intel card's traits follow from. */
interface IntelFacts {
  /** Words of the board's own trait, where it has one: `PAC_ARRIA10`. */
  readonly board: string | undefined;
  /** Interface id of its reconfigurable region, 32 hexadecimal digits; undefined while not readable. */
  readonly region: string | undefined;
  /** Ids of the functions it is programmed with, 32 hexadecimal digits each. */
  readonly functions: readonly string[];
}

/**
 * The traits of an Intel FPGA, in Cyborg's names: `CUSTOM_FPGA_INTEL`, `CUSTOM_FPGA_INTEL_PAC_ARRIA10`,
 * `CUSTOM_FPGA_REGION_INTEL_<interface id>`, `CUSTOM_FPGA_FUNCTION_ID_INTEL_<function id>`.
 */
export function intelTraits({ board, region, functions }: IntelFacts): Trait[] {
  return [
    owner,
    customTrait('FPGA_INTEL'),
    ...(board === undefined ? [] : [customTrait('FPGA_INTEL', board)]),
    ...(region === undefined ? [] : [customTrait('FPGA_REGION_INTEL', region)]),
    ...[...new Set(functions)].sort().map((id) => customTrait('FPGA_FUNCTION_ID_INTEL', id)),
  ];
}

/** The traits of an Alveo card, in Cyborg's names: `CUSTOM_FPGA_XILINX`, `CUSTOM_FPGA_PRODUCT_ID_5005`. */
export function alveoTraits(product: string): Trait[] {
  return [owner, customTrait('FPGA_XILINX'), customTrait('FPGA_PRODUCT_ID', product)];
}

const owner = Trait.parse('OWNER_CYBORG');
