import { parsePciAddress } from '@cyborgjs/core';
import {
  type AttachmentInfo,
  type AttachRequest,
  attachPci,
  chooseVfioDriver,
  type DriverContext,
  DriverError,
  readCardIdentity,
  readConfigSpace,
  readPciFunction,
  requireSameCard,
} from '@cyborgjs/driver-sdk';
import { compileRules } from './compile-rules.ts';
import type { PciConfig } from './config.ts';

/** Gives a function out, if the settings allow it and it is still on the card that was meant. */
export async function attachFunction(
  { sys, config }: DriverContext<PciConfig>,
  request: AttachRequest,
): Promise<AttachmentInfo> {
  const address = parsePciAddress(request.handle.id);
  const fn = address === undefined ? undefined : await readPciFunction(sys, address);
  if (fn === undefined) throw notOffered(request, 'there is no such PCI function');
  const physical = fn.physfn === undefined ? fn : await readPciFunction(sys, fn.physfn);
  const ruleOf = compileRules(config.devices);
  const rule = ruleOf(fn) ?? (physical === undefined ? undefined : ruleOf(physical));
  if (rule === undefined) throw notOffered(request, 'no entry of the settings fits it');
  const card = fn.physfn ?? fn.address;
  requireSameCard(request, await readCardIdentity(sys, card, await readConfigSpace(sys, card)));
  const driver = await chooseVfioDriver(sys, fn.address);
  const { type, info } = await attachPci(sys, request, { driver, managed: rule.managed });
  const { physicalNetwork } = rule;
  return physicalNetwork === undefined
    ? { type, info }
    : { type, info: { ...info, physical_network: physicalNetwork } };
}

function notOffered({ handle }: AttachRequest, why: string): DriverError {
  return new DriverError('not_found', `${JSON.stringify(handle.id)} is not offered: ${why}`, {
    device: handle.id,
    hint: 'Discover again; what may be given out is listed under devices in the settings of the driver.',
  });
}
