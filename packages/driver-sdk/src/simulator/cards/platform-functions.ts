import type { CardPlan, SimulatedFunction } from '../card.ts';
import { type CardPlace, pciFunction, simulatedCard } from './card-parts.ts';

/** A PCI Express root port; cards sit `behind` it. It must come before them. */
export function pciBridge(place: CardPlace): CardPlan {
  const ids = { vendor: '8086', device: '352a', class: '060400', driver: 'pcieport', resetMethod: null };
  return () =>
    simulatedCard({ kind: 'pci-bridge', functions: [pciFunction(place, { ...ids, revision: '04' })] });
}

/** The graphics of a baseboard management controller: VGA class, but nothing to give out. */
export function bmcVga(place: CardPlace): CardPlan {
  const ids = {
    vendor: '1a03',
    device: '2000',
    class: '030000',
    driver: 'ast',
    link: null,
    resetMethod: null,
  };
  return () =>
    simulatedCard({ kind: 'bmc-vga', functions: [pciFunction(place, { ...ids, revision: '52' })] });
}

/** An NVSwitch of an HGX board: NVIDIA's vendor id, but nothing to give out. */
export function nvSwitch(place: CardPlace): CardPlan {
  const ids = {
    vendor: '10de',
    device: '22a3',
    class: '068000',
    driver: 'nvidia-nvswitch',
    subsystemDevice: '1796',
  };
  return () =>
    simulatedCard({ kind: 'nv-switch', functions: [pciFunction(place, { ...ids, revision: 'a1' })] });
}

export interface PlainCardOptions
  extends CardPlace,
    Pick<SimulatedFunction, 'vendor' | 'device' | 'class'>,
    Partial<
      Pick<
        SimulatedFunction,
        'subsystemVendor' | 'subsystemDevice' | 'revision' | 'driver' | 'link' | 'sriov'
      >
    > {
  /** PCIe device serial number; made up when not given, null for a card without. */
  readonly serial?: string | null;
  /** Files in its directory by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A card of one function with whatever ids. */
export function plainCard(options: PlainCardOptions): CardPlan {
  const {
    address: _address,
    behind: _behind,
    numaNode: _numaNode,
    iommuGroup: _group,
    boundTo: _boundTo,
    ...details
  } = options;
  return (maker) => {
    const serial =
      options.serial === undefined ? maker.madeUp(16, 'plain', maker.next('card')) : options.serial;
    return simulatedCard({ kind: 'plain', functions: [pciFunction(options, { ...details, serial })] });
  };
}
