import { parsePciAddress } from '@cyborgjs/core';
import {
  type AttachmentInfo,
  type AttachRequest,
  attachPci,
  compilePciMatch,
  type DriverContext,
  DriverError,
  type Machine,
  type PciFunction,
  readCardIdentity,
  readConfigSpace,
  readPciFunction,
  requireSameCard,
} from '@cyborgjs/driver-sdk';
import { readAlveoSerial } from './alveo-reading.ts';
import type { FpgaConfig } from './config.ts';
import { type FpgaModel, findModel } from './models.ts';

/** Gives a function of an FPGA out, if it is one for guests and still on the card that was meant. */
export async function attachFunction(
  { sys, config }: DriverContext<FpgaConfig>,
  request: AttachRequest,
): Promise<AttachmentInfo> {
  const address = parsePciAddress(request.handle.id);
  const fn = address === undefined ? undefined : await readPciFunction(sys, address);
  const model = fn === undefined ? undefined : findModel(fn);
  if (fn === undefined || model === undefined || !config.families.includes(model.family))
    throw notOffered(request, 'it is no FPGA that is offered here');
  if (model.role === 'management' || model.role === 'golden')
    throw notOffered(request, 'with the management function a guest could flash the card');
  if (compilePciMatch({ address: config.except })(fn))
    throw notOffered(request, 'the settings of the driver keep it for the host');
  requireSameCard(request, await readIdentity(sys, fn, model));
  return attachPci(sys, request);
}

/** The identity that discovery would give the card now. */
async function readIdentity(sys: Machine, fn: PciFunction, model: FpgaModel): Promise<string | null> {
  if (model.family === 'alveo') {
    const serial = await readAlveoSerial(sys, fn.address.replace(/.$/, '0'));
    return serial === undefined ? null : `alveo-${serial}`;
  }
  const card = fn.physfn ?? fn.address;
  return readCardIdentity(sys, card, await readConfigSpace(sys, card));
}

function notOffered({ handle }: AttachRequest, why: string): DriverError {
  return new DriverError('not_found', `${JSON.stringify(handle.id)} is not offered: ${why}`, {
    device: handle.id,
    hint: 'Discover again, and ask for one of the handles it names.',
  });
}
