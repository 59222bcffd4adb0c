import { parsePciAddress } from '@cyborgjs/core';
import {
  type AttachmentInfo,
  type AttachRequest,
  attachPci,
  compilePciMatch,
  type DriverContext,
  DriverError,
  readPciFunction,
  requireSameCard,
} from '@cyborgjs/driver-sdk';
import type { FpgaConfig } from './config.ts';
import { findModel } from './models.ts';
import { readIdentity } from './read-identity.ts';

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
  requireSameCard(request, await readIdentity(sys, model.family, fn.physfn ?? fn.address));
  return attachPci(sys, request);
}

function notOffered({ handle }: AttachRequest, why: string): DriverError {
  return new DriverError('not_found', `${JSON.stringify(handle.id)} is not offered: ${why}`, {
    device: handle.id,
    hint: 'Discover again, and ask for one of the handles it names.',
  });
}
