import {
  type DiscoveredDevice,
  type PciAddress,
  parsePciAddress,
  ResourceClass,
  Trait,
} from '@cyborgjs/core';
import {
  type DeviceReference,
  type DriverContext,
  DriverError,
  describePciCard,
  isVfioDriver,
  knownFacts,
  type Machine,
  type PciFunction,
  pciHandle,
  readAttribute,
  readCardIdentity,
  readConfigSpace,
  readPciFunction,
  scanPci,
  toolFailed,
} from '../../src/index.ts';
import type { AcmeConfig } from './acme-driver.ts';
import { versionOfImage } from './acme-image.ts';
import type { acmeml } from './acme-library.ts';

export type AcmeContext = DriverContext<AcmeConfig, { readonly acmeml: typeof acmeml }>;

/** Sets the mode of a card and flashes it. */
export const acmectl = '/usr/sbin/acmectl';

const attribute = (address: string, name: string): string => `/sys/bus/pci/devices/${address}/${name}`;

/** The physical functions on the bus that are ours, in order. */
export async function findCards({ sys }: AcmeContext): Promise<PciFunction[]> {
  const found = await scanPci(sys, { match: { vendor: '1d55', device: 'a010' } });
  return found.filter(({ physfn }) => physfn === undefined);
}

/** A card as it is reported. */
export async function describeCard({ sys }: AcmeContext, address: string): Promise<DiscoveredDevice> {
  const fn = await readPciFunction(sys, requireAddress(address));
  if (fn === undefined) throw new DriverError('not_found', `the card at ${address} is gone`);
  return describeFound(sys, fn);
}

function requireAddress(text: string): PciAddress {
  const address = parsePciAddress(text);
  if (address === undefined) throw new DriverError('not_found', `${text} is no PCI address`);
  return address;
}

/** A card that was just found, as it is reported. */
export async function describeFound(sys: Machine, fn: PciFunction): Promise<DiscoveredDevice> {
  const facts = await describePciCard(sys, fn);
  const [state, version] = [
    await readAttribute(sys, attribute(fn.address, 'fw_state')),
    await readAttribute(sys, attribute(fn.address, 'fw_version')),
  ];
  const isHalf = state === 'flashing' && facts.health.state === 'ok';
  const isSplit = fn.virtfns.length > 0 || (fn.sriov?.numVfs ?? 0) > 0;
  const given = isSplit ? fn.virtfns : [fn.address];
  return {
    ...facts,
    ...{ kind: 'AICHIP', model: 'Acme A10', firmware: knownFacts({ image: version }) },
    ...(isHalf ? { health: { state: 'failed', reason: 'half of an image is on it; program it again' } } : {}),
    deployables: [
      {
        name: fn.address,
        resourceClass: ResourceClass.parse('CUSTOM_ACME'),
        traits: [Trait.parse('OWNER_CYBORG')],
        handles: given.map(pciHandle),
      },
    ],
  };
}

/** The card that a request means: the one at its address, if it is still that one. Its own address is returned. */
export async function requireCard({ sys }: AcmeContext, wanted: DeviceReference): Promise<string> {
  const { address } = wanted;
  if ((await readAttribute(sys, attribute(address, 'device'))) === '0xa010') {
    const identity = await readCardIdentity(sys, address, await readConfigSpace(sys, address));
    if (identity === null || identity === wanted.identity || wanted.identity.startsWith('at:'))
      return address;
  }
  throw new DriverError('not_found', `there is no card ${wanted.identity} at ${address}`, {
    device: address,
  });
}

/** Refuses a handle that is none of the card's functions. */
export async function requireHandle({ sys }: AcmeContext, address: string, id: string): Promise<void> {
  const physical = parsePciAddress(id) === id ? await sys.link(attribute(id, 'physfn')) : undefined;
  if (id === address || physical === address) return;
  throw new DriverError('not_found', `${JSON.stringify(id)} is no function of ${address}`);
}

/** `busy` while somebody on the host uses the card. */
export async function requireFree(sys: Machine, address: string): Promise<void> {
  const users = await readAttribute(sys, attribute(address, 'users'));
  if (users === undefined || users === '0') return;
  throw new DriverError('busy', `${address} is used by ${users} processes on the host`, {
    device: address,
    hint: 'End them: "acmectl users" names them.',
  });
}

/** `in_use` while any function of the card is handed out. */
export async function requireUnattached({ sys }: AcmeContext, address: string): Promise<void> {
  const names = (await sys.list(`/sys/bus/pci/devices/${address}`)) ?? [];
  const functions = names.filter((name) => /^virtfn\d+$/.test(name)).map((name) => `${address}/${name}`);
  for (const fn of [address, ...functions]) {
    if (!isVfioDriver(await sys.link(attribute(fn, 'driver')))) continue;
    throw new DriverError('in_use', `${fn} is handed out`, { device: address, hint: 'Detach it first.' });
  }
}

/** Has the card be of use to guests, or to the host alone. */
export async function setMode(
  { sys, dryRun }: AcmeContext,
  address: string,
  mode: 'guest' | 'host',
): Promise<void> {
  if ((await readAttribute(sys, attribute(address, 'mode'))) === mode) return;
  const result = await sys.run(acmectl, ['mode', address, mode]);
  if (result.code !== 0) throw toolFailed(acmectl, result);
  if (dryRun || (await readAttribute(sys, attribute(address, 'mode'))) === mode) return;
  throw new DriverError('hardware', `${address} did not come to mode ${mode}`, { device: address });
}

/** Has the card draw no more than so much; the vendor's library does it. */
export async function setPowerLimit(
  { ports, dryRun }: AcmeContext,
  address: string,
  watts: number,
): Promise<void> {
  if ((await ports.acmeml.powerLimit({ address })) === watts) return;
  await ports.acmeml.setPowerLimit({ address, watts });
  if (dryRun || (await ports.acmeml.powerLimit({ address })) === watts) return;
  throw new DriverError('hardware', `${address} did not take the limit of ${watts} W`, { device: address });
}

/** The version of an image file that is right for our cards. */
export async function readImage({ sys, config }: AcmeContext, path: string): Promise<string> {
  const bytes = await sys.readBytes(path);
  if (bytes === undefined) throw new DriverError('invalid', `there is no image ${path}`);
  return versionOfImage(Buffer.from(bytes).toString(), 'a010', config.signingKey);
}

/** The version of the image on a card, if there is a whole one. */
export async function wholeVersion(sys: Machine, address: string): Promise<string | undefined> {
  const state = await readAttribute(sys, attribute(address, 'fw_state'));
  return state === 'ok' ? readAttribute(sys, attribute(address, 'fw_version')) : undefined;
}

/** Writes an image to a card; not to be cut off. */
export async function flash(
  { sys, progress, critical }: AcmeContext,
  address: string,
  image: string,
): Promise<void> {
  const onLine = (line: string): void => {
    const percent = Number(/^(\d+)%$/.exec(line)?.[1] ?? Number.NaN);
    if (percent < 100) progress(percent / 100, 'flashing');
  };
  const result = await critical(120_000, () => sys.run(acmectl, ['flash', address, image], { onLine }));
  if (result.code !== 0) throw toolFailed(acmectl, result);
}

/** The numbers of one card; a sensor that does not answer is left out. */
export async function readSensors(sys: Machine, address: string): Promise<Record<string, number>> {
  const readings: Record<string, number> = {};
  const [temperature, energy] = [
    await readAttribute(sys, attribute(address, 'temp1_input')),
    await readAttribute(sys, attribute(address, 'energy_uj')),
  ];
  if (temperature !== undefined && /^-?\d+$/.test(temperature))
    readings.temperature = Number(temperature) / 1000;
  if (energy !== undefined && /^\d+$/.test(energy)) readings.energy = Number(energy) / 1_000_000;
  return readings;
}
