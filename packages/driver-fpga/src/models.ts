import type { PciMatch } from '@cyborgjs/driver-sdk';

/** Which software stands behind a card: Intel's DFL kernel drivers (or the older intel-fpga), or AMD's XRT. */
export type FpgaFamily = 'intel' | 'alveo';

/** What one function of a card is there for. */
export type FpgaRole =
  /** Intel: the whole card, with its management engine. */
  | 'physical'
  /** Intel: one port of a card as a virtual function. */
  | 'virtual'
  /** Alveo: the host's side, which can flash the card; never given to a guest. */
  | 'management'
  /** Alveo: what a guest gets. */
  | 'user'
  /** Alveo: the only function of a card that still has its factory image. */
  | 'golden';

export interface FpgaModel {
  readonly family: FpgaFamily;
  readonly role: FpgaRole;
  /** Name for people. */
  readonly name: string;
  /** Further words for `CUSTOM_FPGA_INTEL_…` that Cyborg gives to it. */
  readonly boardTrait?: string;
  /** Alveo: the board as names of platforms have it, `u250`. */
  readonly board?: string;
}

const intel = (role: FpgaRole, name: string, boardTrait?: string): FpgaModel => ({
  family: 'intel',
  role,
  name,
  ...(boardTrait === undefined ? {} : { boardTrait }),
});
const alveo = (role: FpgaRole, board: string): FpgaModel => ({
  family: 'alveo',
  role,
  name: `AMD Alveo ${board}`,
  board: board.toLowerCase(),
});

/**
 * The functions of FPGA cards by `vendor:device` id (Linux: drivers/fpga/dfl-pci.c; XRT: the id tables of xclmgmt
 * and xocl). pci.ids has no names for most of them.
 */
const models: Readonly<Record<string, FpgaModel>> = {
  '8086:bcbd': intel('physical', 'Intel Xeon with FPGA 5.x'),
  '8086:bcc0': intel('physical', 'Intel Xeon with FPGA 6.x'),
  '8086:09c4': intel('physical', 'Intel PAC with Arria 10 GX', 'PAC_ARRIA10'),
  '8086:0b2b': intel('physical', 'Intel PAC D5005', 'PAC_D5005'),
  '8086:0b30': intel('physical', 'Intel PAC N3000', 'PAC_N3000'),
  '8086:bcce': intel('physical', 'Intel Open FPGA Stack card'),
  '8086:bcbf': intel('virtual', 'Intel Xeon with FPGA 5.x, port'),
  '8086:bcc1': intel('virtual', 'Intel Xeon with FPGA 6.x, port'),
  '8086:09c5': intel('virtual', 'Intel PAC with Arria 10 GX, port', 'PAC_ARRIA10'),
  '8086:bccf': intel('virtual', 'Intel Open FPGA Stack card, port'),
  '10ee:5000': alveo('management', 'U200'),
  '10ee:5001': alveo('user', 'U200'),
  '10ee:5004': alveo('management', 'U250'),
  '10ee:5005': alveo('user', 'U250'),
  '10ee:500c': alveo('management', 'U280'),
  '10ee:500d': alveo('user', 'U280'),
  '10ee:5020': alveo('management', 'U50'),
  '10ee:5021': alveo('user', 'U50'),
  '10ee:505c': alveo('management', 'U55C'),
  '10ee:505d': alveo('user', 'U55C'),
  '10ee:d000': alveo('golden', 'U200'),
  '10ee:d004': alveo('golden', 'U250'),
  '10ee:d00c': alveo('golden', 'U280'),
  '10ee:d020': alveo('golden', 'U50'),
};

/** What is known of a function by its ids (four lower-case hexadecimal digits each); undefined for all others. */
export function findModel(ids: { readonly vendor: string; readonly device: string }): FpgaModel | undefined {
  return models[`${ids.vendor}:${ids.device}`];
}

/** What to look for on the bus. */
export function fpgaMatches(families: readonly FpgaFamily[]): PciMatch[] {
  return Object.entries(models)
    .filter(([, { family }]) => families.includes(family))
    .map(([ids]) => ({ vendor: ids.slice(0, 4), device: ids.slice(5) }));
}
