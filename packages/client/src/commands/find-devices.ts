import { type Device, normaliseUuid, parsePciAddress } from '@cyborgjs/core';
import type { CallOptions } from '../call-api.ts';
import type { CyborgClient } from '../cyborg-client.ts';
import { deviceLabel } from '../render/device-views.ts';
import { findByPrefix, isIdPrefix } from './id-prefix.ts';
import { UsageError } from './usage-error.ts';

/**
 * The devices that an operator means, in the order of the texts: each a whole id, the beginning of one, or
 * `host:address`. All are found before anything is done to one of them.
 *
 * @throws UsageError naming the text that means no device or more than one
 */
export async function findDevices(
  client: CyborgClient,
  texts: readonly string[],
  options: CallOptions,
): Promise<readonly Device[]> {
  const wrong = texts.find((text) => placeIn(text) === undefined && !isIdPrefix(text));
  if (wrong !== undefined)
    throw new UsageError(
      `"${wrong}" is no device: give an id, at least its first 4 characters, or host:address (see: cyborg device list)`,
    );
  const found: Device[] = [];
  for (const text of texts) found.push(await findDevice(client, text, options));
  return [...new Map(found.map((device) => [device.id, device])).values()];
}

async function findDevice(client: CyborgClient, text: string, options: CallOptions): Promise<Device> {
  const place = placeIn(text);
  if (place !== undefined) return deviceAt(client, { ...place, text }, options);
  const id = normaliseUuid(text);
  if (id !== undefined) return client.devices.get(id, options);
  return findByPrefix(client.devices.list({}, options), text, {
    noun: 'device',
    describe: (device) => `${device.id} (${deviceLabel(device)})`,
  });
}

interface Place {
  readonly host: string;
  readonly address: string;
}

/** `node-1:0000:83:00.0` and also `node-1:83:00.0`; undefined when there is no colon. */
function placeIn(text: string): Place | undefined {
  const colon = text.indexOf(':');
  if (colon <= 0 || colon === text.length - 1) return undefined;
  const address = text.slice(colon + 1);
  return { host: text.slice(0, colon), address: parsePciAddress(address) ?? address };
}

async function deviceAt(
  client: CyborgClient,
  { host, address, text }: Place & { readonly text: string },
  options: CallOptions,
): Promise<Device> {
  const there: string[] = [];
  let best: Device | undefined;
  for await (const device of client.devices.list({ host }, options)) {
    there.push(device.address);
    // A card that has gone may have left its address to another.
    if (device.address === address && (best === undefined || best.state === 'gone')) best = device;
  }
  if (best !== undefined) return best;
  const known =
    there.length === 0 ? `there is none on host "${host}"` : `there are ${there.slice(0, 8).join(', ')}`;
  throw new UsageError(`no device at "${text}": ${known} (see: cyborg device list)`);
}
