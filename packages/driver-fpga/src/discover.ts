import {
  type DiscoveredDevice,
  type Health,
  type PciAddress,
  ResourceClass,
  type Trait,
} from '@cyborgjs/core';
import {
  cardHealth,
  type DriverContext,
  describePciCard,
  knownFacts,
  pciHandle,
  readConfigSpace,
  scanPci,
  worseHealth,
} from '@cyborgjs/driver-sdk';
import { alveoHealth, readAlveo } from './alveo-reading.ts';
import { classHealth, type FpgaClassDevices, findClassDevices } from './class-devices.ts';
import type { FpgaConfig } from './config.ts';
import { asBitstreamId } from './flash/flash-intel.ts';
import { flashHealth, isLoaded, keepFlash, readFlash } from './flash/flash-record.ts';
import { type FpgaCard, joinCards } from './fpga-card.ts';
import { intelHealth } from './intel-health.ts';
import { readIntelCard } from './intel-reading.ts';
import { fpgaMatches } from './models.ts';
import { alveoIdentity } from './read-identity.ts';
import { recallReadings } from './remembered-reading.ts';
import { alveoTraits, intelTraits } from './traits.ts';

type IntelCard = FpgaCard & { readonly family: 'intel' };
type AlveoCard = FpgaCard & { readonly family: 'alveo' };

/** The FPGA cards of the machine. */
export async function discoverCards(context: DriverContext<FpgaConfig>): Promise<DiscoveredDevice[]> {
  const { sys, config } = context;
  const cards = joinCards(config, await scanPci(sys, { match: fpgaMatches(config.families) }));
  const hasIntel = cards.some(({ family }) => family === 'intel');
  const classes = hasIntel ? await findClassDevices(sys) : { managers: [], updates: [] };
  const devices: DiscoveredDevice[] = [];
  for (const card of cards)
    devices.push(
      await (card.family === 'intel' ? describeIntel(context, card, classes) : describeAlveo(context, card)),
    );
  return devices;
}

/** A card is given out whole, or as its virtual functions once it has some; these carry its programmed functions. */
async function describeIntel(
  context: DriverContext<FpgaConfig>,
  { model, physical }: IntelCard,
  classes: FpgaClassDevices,
): Promise<DiscoveredDevice> {
  const { sys } = context;
  const { address } = physical;
  const bus = await describePciCard(sys, physical);
  const memory = await recallReadings(context, address, bus.identity);
  const reading = await readIntelCard(sys, physical, memory.complete);
  await memory.save();
  const flash = await lastFlash(context, bus, asBitstreamId(reading.bitstreamId));
  const kernel = worseHealth(intelHealth(reading), await classHealth(sys, classes, address));
  const { functions } = reading;
  const isWhole = physical.virtfns.length === 0 && (physical.sriov?.numVfs ?? 0) === 0;
  return {
    ...bus,
    kind: 'FPGA',
    model: model.name,
    health: worseHealth(worseHealth(bus.health, kernel), flash.health),
    firmware: knownFacts({
      bitstream: reading.bitstreamId,
      flashed: flash.version,
      functions: functions.join(', ') || undefined,
    }),
    attributes: { ...bus.attributes, ...knownFacts({ region: reading.region }) },
    deployables: deployables({
      name: address,
      traits: intelTraits({ board: model.boardTrait, region: reading.region, functions }),
      handles: isWhole ? [address] : physical.virtfns,
    }),
  };
}

/** Only the user function is given out: with the other one a guest could flash the card. */
async function describeAlveo(
  context: DriverContext<FpgaConfig>,
  { model, main, management, user }: AlveoCard,
): Promise<DiscoveredDevice> {
  const { sys } = context;
  const bus = await describePciCard(sys, main);
  const reading = await readAlveo(sys, { management: management?.address, user: user?.address });
  const identity = alveoIdentity(reading.serial);
  const flash = await lastFlash(context, { address: main.address, identity }, reading.shell);
  const own = worseHealth(alveoHealth(reading, model.role === 'golden'), flash.health);
  const health = worseHealth(bus.health, own);
  const isApart = user !== undefined && user !== main;
  return {
    ...bus,
    identity,
    kind: 'FPGA',
    model: model.name,
    health: isApart ? worseHealth(health, cardHealth(await readConfigSpace(sys, user.address))) : health,
    firmware: knownFacts({
      shell: reading.shell,
      flashed: flash.version,
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

/** What the last flash of a card says of it; one whose shell the card runs now is forgotten. */
async function lastFlash(
  { store }: Pick<DriverContext, 'store'>,
  { address, identity }: Pick<DiscoveredDevice, 'address' | 'identity'>,
  running: string | undefined,
): Promise<{ readonly health: Health; readonly version: string | undefined }> {
  const record = await readFlash(store, address, identity);
  if (isLoaded(record, running)) await keepFlash(store, address, undefined);
  const health = flashHealth(record, running);
  return { health, version: health.state === 'ok' ? undefined : record?.version };
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
