import type { SimulatedCard, SimulatedFunction } from '../card.ts';

/** Where a card is plugged and what has it; the same for all builders. */
export interface CardPlace {
  readonly address: string;
  /** The bridge above it, default none. */
  readonly behind?: string;
  /** Default 0; null when the platform does not say. */
  readonly numaNode?: number | null;
  /** Default a group of its own; null when the IOMMU does not cover it. */
  readonly iommuGroup?: SimulatedFunction['iommuGroup'];
  /** Driver that it is bound to, default its own; null for none. */
  readonly boundTo?: string | null;
}

type FunctionIds = Pick<SimulatedFunction, 'vendor' | 'device' | 'class'>;

/** One function with usual values for whatever is not given. */
export function pciFunction(
  place: CardPlace,
  details: FunctionIds & Partial<SimulatedFunction>,
): SimulatedFunction {
  return {
    address: place.address,
    subsystemVendor: details.vendor,
    subsystemDevice: '0000',
    revision: '00',
    numaNode: place.numaNode === undefined ? 0 : place.numaNode,
    behind: place.behind ?? null,
    driver: null,
    boundTo: place.boundTo === undefined ? (details.driver ?? null) : place.boundTo,
    iommuGroup: place.iommuGroup === undefined ? 'own' : place.iommuGroup,
    link: { speed: '32.0 GT/s PCIe', width: 16 },
    serial: null,
    resetMethod: 'flr bus',
    sriov: null,
    files: {},
    whenBound: { files: {}, links: {} },
    ...details,
  };
}

/** A healthy card of some functions. */
export function simulatedCard(
  card: Pick<SimulatedCard, 'kind' | 'functions'> & Partial<SimulatedCard>,
): SimulatedCard {
  return {
    facts: {},
    readings: {},
    slices: [],
    health: 'ok',
    plugged: true,
    flash: null,
    hostFiles: {},
    tools: [],
    ...card,
  };
}

/** Digits grouped as a UUID. */
export function asUuid(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
