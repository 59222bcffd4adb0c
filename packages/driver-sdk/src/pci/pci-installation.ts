import type { DiscoveredDevice, DiscoveredHandle } from '@cyborgjs/core';
import type { AttachRequest, InstallRequest } from '../driver.ts';
import { DriverError } from '../driver-error.ts';
import type { Machine } from '../machine.ts';
import { requireViableGroup } from './bind-vfio.ts';
import { releaseVfio } from './release-vfio.ts';
import { statusVfio } from './vfio-binding.ts';

/**
 * Makes a card ready for giving out its functions by VFIO. Nothing is written for that: it is checked that each
 * function could go to a guest, so that an operator hears of it now and not a user at boot.
 *
 * @param devices what `discover` found just now
 * @throws `not_found` when the card is not there; `hardware` when it is failed; what `requireViableGroup` throws
 */
export async function installPci(
  sys: Machine,
  { device: wanted, profile }: InstallRequest,
  devices: readonly DiscoveredDevice[],
): Promise<DiscoveredDevice> {
  const { address } = wanted;
  if (profile !== undefined) {
    throw new DriverError(
      'invalid',
      `there is no profile "${profile}": whole functions have one layout only`,
      {
        device: address,
        hint: 'Leave the profile out.',
      },
    );
  }
  const device = findDevice(wanted, devices);
  if (device === undefined) {
    throw new DriverError('not_found', `there is no card ${wanted.identity} at ${address}`, {
      device: address,
      hint: 'Discover again: it may have moved or been pulled out.',
    });
  }
  requireOffer(device);
  for (const { id } of handlesOf(device)) await requireViableGroup(sys, id);
  return device;
}

function requireOffer(device: DiscoveredDevice): void {
  const { address, health, attributes } = device;
  if (health.state === 'failed') {
    throw new DriverError('hardware', `${address} has failed: ${health.reason ?? 'no reason known'}`, {
      device: address,
    });
  }
  if (handlesOf(device).length > 0) return;
  throw new DriverError('unsupported', `${address} has nothing that could be given out`, {
    device: address,
    hint: attributes.not_offered ?? health.reason ?? 'Discover again.',
  });
}

const handlesOf = ({ deployables }: DiscoveredDevice): readonly DiscoveredHandle[] =>
  deployables.flatMap(({ handles }) => handles);

/**
 * Takes back what was made of a card: functions that were half given out go back to the host. A function that
 * somebody has is `in_use`; a card that is gone is done.
 */
export async function uninstallPci(
  sys: Machine,
  { device: wanted }: InstallRequest,
  devices: readonly DiscoveredDevice[],
): Promise<void> {
  const device = findDevice(wanted, devices);
  const handles = device === undefined ? [] : handlesOf(device);
  for (const { id } of handles) {
    if ((await statusVfio(sys, id)) !== 'attached') continue;
    throw new DriverError('in_use', `${id} is given out`, {
      device: wanted.address,
      hint: 'Detach it first.',
    });
  }
  for (const { id } of handles) await releaseVfio(sys, id);
}

/** The device that is meant: by identity; by address where the host had to make up an identity from that. */
export function findDevice(
  { identity, address }: InstallRequest['device'],
  devices: readonly DiscoveredDevice[],
): DiscoveredDevice | undefined {
  return (
    devices.find((device) => device.identity === identity) ??
    devices.find((device) => device.address === address && isSame(identity, device.identity))
  );
}

/**
 * Checks that the card at the address of a request is still the one that is meant: cards are swapped while hosts
 * are down. One whose identity cannot be read now is taken to be.
 *
 * @param identity of the card that is there now; null when it cannot be read
 */
export function requireSameCard(
  { device, handle }: Pick<AttachRequest, 'device'> & Partial<Pick<AttachRequest, 'handle'>>,
  identity: string | null,
): void {
  if (isSame(device.identity, identity)) return;
  throw new DriverError(
    'not_found',
    `${handle?.id ?? device.address} is now on card ${identity}, not on ${device.identity}`,
    {
      device: device.address,
      hint: 'Discover again, and ask for the card where it is now.',
    },
  );
}

/** The host marks an identity that it had to make up with `at:`. */
const isSame = (wanted: string, found: string | null): boolean =>
  found === null || found === wanted || wanted.startsWith('at:');
