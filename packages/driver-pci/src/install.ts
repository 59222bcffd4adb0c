import type { DiscoveredDevice } from '@cyborgjs/core';
import { parsePciAddress } from '@cyborgjs/core';
import {
  type DriverContext,
  DriverError,
  findDevice,
  type InstallRequest,
  installPci,
  type PciFunction,
  readPciFunction,
  setVfCount,
  statusVfio,
  uninstallPci,
} from '@cyborgjs/driver-sdk';
import { compileRules } from './compile-rules.ts';
import type { PciConfig, PciRule } from './config.ts';
import { discoverCards } from './discover.ts';
import { wantedVirtualFunctions } from './vf-profile.ts';

/** Gives a card as many virtual functions as its profile or its settings say, and checks that all it offers can go to a guest. */
export async function installCard(
  context: DriverContext<PciConfig>,
  request: InstallRequest,
): Promise<DiscoveredDevice> {
  const { sys } = context;
  const { profile, ...plain } = request;
  const card = await findCard(context, request);
  const count = card === undefined ? undefined : wantedVirtualFunctions(card.rule, profile);
  if (card !== undefined && count !== undefined && (card.fn.sriov?.numVfs ?? 0) !== count) {
    await requireFree(context, card.fn);
    await setVfCount(sys, card.fn.address, { count, dryRun: context.dryRun });
  }
  return installPci(sys, plain, await discoverCards(context));
}

/** Takes back what install made: functions half given out go to the host, virtual functions that it cares for go. */
export async function uninstallCard(
  context: DriverContext<PciConfig>,
  request: InstallRequest,
): Promise<void> {
  const { sys } = context;
  await uninstallPci(sys, request, await discoverCards(context));
  const card = await findCard(context, request);
  if (card?.rule.virtualFunctions !== undefined && (card.fn.sriov?.numVfs ?? 0) > 0)
    await setVfCount(sys, card.fn.address, { count: 0, dryRun: context.dryRun });
}

interface ListedCard {
  readonly fn: PciFunction;
  readonly rule: PciRule;
}

/** The physical function of the device that is meant and its entry; undefined where only virtual ones are listed. */
async function findCard(
  context: DriverContext<PciConfig>,
  { device: wanted }: InstallRequest,
): Promise<ListedCard | undefined> {
  const device = findDevice(wanted, await discoverCards(context));
  const address = parsePciAddress(device?.address ?? '');
  const fn = address === undefined ? undefined : await readPciFunction(context.sys, address);
  const rule = fn === undefined ? undefined : compileRules(context.config.devices)(fn);
  return fn === undefined || rule === undefined ? undefined : { fn, rule };
}

/** A function that user space has, or is to get, makes no virtual ones. */
async function requireFree({ sys }: DriverContext<PciConfig>, { address }: PciFunction): Promise<void> {
  if ((await statusVfio(sys, address)) === 'detached') return;
  throw new DriverError('in_use', `${address} is given out itself`, {
    device: address,
    hint: 'Detach it first: it is given out whole, or by virtual functions.',
  });
}
