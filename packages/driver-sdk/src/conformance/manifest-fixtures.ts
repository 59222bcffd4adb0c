import type { DriverManifest } from '../driver-manifest.ts';
import { compilePciMatch, type PciMatch } from '../pci/pci-match.ts';
import type { CardMaker, CardPlan } from '../simulator/card.ts';
import { alveo } from '../simulator/cards/alveo.ts';
import { amdGpu } from '../simulator/cards/amd-gpu.ts';
import type { CardPlace } from '../simulator/cards/card-parts.ts';
import { intelFpgaDfl } from '../simulator/cards/intel-fpga-dfl.ts';
import { intelFpgaOld } from '../simulator/cards/intel-fpga-old.ts';
import { intelGpu } from '../simulator/cards/intel-gpu.ts';
import { nvidiaGpu } from '../simulator/cards/nvidia-gpu.ts';
import { bmcVga, plainCard } from '../simulator/cards/platform-functions.ts';
import { sriovNic } from '../simulator/cards/sriov-nic.ts';
import type { ConformanceFixture } from './conformance-subject.ts';
import { pciFixture } from './pci-fixture.ts';

/** Cards of one kind: how one is made at an address. */
interface CardFamily {
  readonly name: string;
  readonly card: (place: CardPlace) => CardPlan;
}

const families: readonly CardFamily[] = [
  { name: 'NVIDIA GPUs', card: nvidiaGpu },
  { name: 'AMD GPUs', card: amdGpu },
  { name: 'Intel GPUs', card: intelGpu },
  { name: 'Intel FPGAs on DFL', card: intelFpgaDfl },
  { name: 'Intel FPGAs on the older driver', card: intelFpgaOld },
  { name: 'Alveo cards', card: alveo },
  { name: 'network cards with virtual functions', card: sriovNic },
];

/** What sits beside the cards, as far as the driver is not made for it too. */
const strangers: readonly CardPlan[] = [
  bmcVga({ address: '0000:03:00.0' }),
  plainCard({ address: '0000:04:00.0', vendor: '1da3', device: '1020', class: '120000' }),
];

/**
 * Simulated machines for a driver by what its manifest says it is made for: each family of cards of the simulator
 * that fits, and for vendors that the simulator does not know a plain card with those ids. None for a manifest
 * without PCI ids.
 *
 * @param config the driver's settings on all of them
 */
export function manifestFixtures(manifest: DriverManifest, config: unknown = {}): ConformanceFixture[] {
  const matches = manifest.match.flatMap((match) => ('pci' in match ? [pciMatchOf(match)] : []));
  const fits = compilePciMatch(matches);
  const known = families.filter(({ card }) => fits(idsOf(card)));
  const others = matches.filter(({ vendor }) => {
    const isOfVendor = compilePciMatch({ vendor: vendor ?? '*' });
    return !known.some(({ card }) => isOfVendor(idsOf(card)));
  });
  const foreign = strangers.filter((plan) => !fits(idsOf(() => plan)));
  return [...known, ...others.map((match) => plainFamily(match, manifest.id))].map((family) =>
    familyFixture(family, foreign, config),
  );
}

interface ManifestMatch {
  readonly pci: string;
  readonly class?: string | undefined;
}

function pciMatchOf({ pci, class: code }: ManifestMatch) {
  const [vendor = '*', device = '*'] = pci.split(':');
  return { vendor, device, ...(code === undefined ? {} : { class: code }) };
}

/** A card nobody knows, with ids that fit: what a glob leaves open is zeros, and `acce` where it says nothing. */
function plainFamily(
  { vendor, device, class: code }: Record<'vendor' | 'device', string> & PciMatch,
  driver: string,
): CardFamily {
  const ids = {
    vendor: fillIn(vendor, 'acce'),
    device: fillIn(device, 'acce'),
    class: fillIn(typeof code === 'string' ? code : '120000', '120000'),
  };
  return {
    name: `made-up cards ${ids.vendor}:${ids.device}`,
    card: (place) => plainCard({ ...place, ...ids, driver }),
  };
}

function fillIn(glob: string, usual: string): string {
  const plain = glob.toLowerCase().replace(/^0x/, '');
  return plain === '*' ? usual : plain.replace('*', '').replaceAll('?', '0').padEnd(usual.length, '0');
}

/** The ids of a family's first function, from a card that is plugged nowhere. */
function idsOf(card: CardFamily['card']) {
  const numbers: CardMaker = { next: () => 0, madeUp: (digits) => '5'.repeat(digits) };
  const [fn] = card({ address: '0000:01:00.0' })(numbers).functions;
  if (fn === undefined) throw new Error('a simulated card has no function');
  return fn;
}

function familyFixture(
  { name, card }: CardFamily,
  foreign: readonly CardPlan[],
  config: unknown,
): ConformanceFixture {
  const at = (...addresses: readonly string[]): CardPlan[] => [
    ...foreign,
    ...addresses.map((address) => card({ address })),
  ];
  const devices = ['0000:81:00.0', '0000:82:00.0'];
  return pciFixture({
    name: `two ${name}`,
    config,
    devices,
    cards: at(...devices),
    moved: at('0000:91:00.0', '0000:92:00.0'),
    bare: foreign,
    scaled: (count) =>
      at(...Array.from({ length: count }, (_, index) => `0000:${(index + 16).toString(16)}:00.0`)),
  });
}
