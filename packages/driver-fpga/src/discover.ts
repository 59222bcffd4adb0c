import { type DiscoveredDevice, type PciAddress, ResourceClass, type Trait } from '@cyborgjs/core';
import {
  cardHealth,
  type DriverContext,
  describePciCard,
  knownFacts,
  type Machine,
  pciHandle,
  readConfigSpace,
  scanPci,
  worseHealth,
} from '@cyborgjs/driver-sdk';
import { alveoHealth, readAlveo } from './alveo-reading.ts';
import type { FpgaConfig } from './config.ts';
import { type FpgaCard, joinCards } from './fpga-card.ts';
import { intelHealth } from './intel-health.ts';
import { readIntelCard } from './intel-reading.ts';
import { fpgaMatches } from './models.ts';
import { alveoIdentity } from './read-identity.ts';
import { alveoTraits, intelTraits } from './traits.ts';

type IntelCard = FpgaCard & { readonly family: 'intel' };
type AlveoCard = FpgaCard & { readonly family: 'alveo' };

/** The FPGA cards of the machine. */
export async function discoverCards({ sys, config }: DriverContext<FpgaConfig>): Promise<DiscoveredDevice[]> {
  const functions = await scanPci(sys, { match: fpgaMatches(config.families) });
  const devices: DiscoveredDevice[] = [];
  for (const card of joinCards(config, functions))
    devices.push(await (card.family === 'intel' ? describeIntel(sys, card) : describeAlveo(sys, card)));
  return devices;
}

/** A card is given out whole, or as its virtual functions once it has some; these carry its programmed functions. */
async function describeIntel(sys: Machine, { model, physical }: IntelCard): Promise<DiscoveredDevice> {
  const bus = await describePciCard(sys, physical);
  const reading = await readIntelCard(sys, physical);
  const { functions } = reading;
  const isWhole = physical.virtfns.length === 0 && (physical.sriov?.numVfs ?? 0) === 0;
  return {
    ...bus,
    kind: 'FPGA',
    model: model.name,
    health: worseHealth(bus.health, intelHealth(reading)),
    firmware: knownFacts({ bitstream: reading.bitstreamId, functions: functions.join(', ') || undefined }),
    attributes: { ...bus.attributes, ...knownFacts({ region: reading.region }) },
    deployables: deployables({
      name: physical.address,
      traits: intelTraits({ board: model.boardTrait, region: reading.region, functions }),
      handles: isWhole ? [physical.address] : physical.virtfns,
    }),
  };
}

/** Only the user function is given out: with the other one a guest could flash the card. */
async function describeAlveo(
  sys: Machine,
  { model, main, management, user }: AlveoCard,
): Promise<DiscoveredDevice> {
  const bus = await describePciCard(sys, main);
  const reading = await readAlveo(sys, { management: management?.address, user: user?.address });
  const health = worseHealth(bus.health, alveoHealth(reading, model.role === 'golden'));
  const isApart = user !== undefined && user !== main;
  return {
    ...bus,
    identity: alveoIdentity(reading.serial),
    kind: 'FPGA',
    model: model.name,
    health: isApart ? worseHealth(health, cardHealth(await readConfigSpace(sys, user.address))) : health,
    firmware: knownFacts({
      shell: reading.shell,
      board_controller: reading.controller,
      image: reading.image,
    }),
    attributes: {
      ...bus.attributes,
      ...knownFacts({
        not_offered: user === undefined ? 'it has no user function' : undefined,
      }),
    },
    deployables:
      user === undefined
        ? []
        : deployables({ name: user.address, traits: alveoTraits(user.device), handles: [user.address] }),
  };
}

interface Offer {
  readonly name: string;
  readonly traits: Trait[];
  readonly handles: readonly PciAddress[];
}

function deployables({ name, traits, handles }: Offer): DiscoveredDevice['deployables'] {
  if (handles.length === 0) return [];
  return [{ name, resourceClass: ResourceClass.parse('FPGA'), traits, handles: handles.map(pciHandle) }];
}
