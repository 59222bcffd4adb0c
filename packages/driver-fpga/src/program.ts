import {
  type DriverContext,
  DriverError,
  isVfioDriver,
  type Machine,
  type ProgramRequest,
  readVfioBinding,
  requireSameCard,
  scanPci,
} from '@cyborgjs/driver-sdk';
import type { FpgaConfig } from './config.ts';
import { flashShell } from './flash/flash-shell.ts';
import { wrongOption } from './flash/wrong-option.ts';
import { addressOf, type FpgaCard, functionsOf, joinCards } from './fpga-card.ts';
import { loadImage } from './images/load-image.ts';
import { fpgaMatches } from './models.ts';
import { programAlveo } from './program-alveo.ts';
import { programIntel } from './program-intel.ts';
import { readIdentity } from './read-identity.ts';

/**
 * Puts an image into the user part of a card: a `.gbs` into the region of an Intel FPGA, an `.xclbin` into an Alveo
 * card. With the option `target=shell`, and only then, it writes a shell into the card's flash instead. The image is
 * read and checked before anything is touched; what the card says afterwards decides whether it was done.
 */
export async function programCard(
  context: DriverContext<FpgaConfig>,
  request: ProgramRequest,
): Promise<{ readonly version: string }> {
  const target = targetOf(request);
  const { card, identity } = await findCard(context, request);
  if (target === 'shell') {
    const version = await flashShell(context, card, { request, identity });
    context.progress(1, 'the shell is in the flash of the card');
    return { version };
  }
  const image = await loadImage(context.sys, request);
  const version =
    card.family === 'intel'
      ? await programIntel(context, { card, image, path: request.image })
      : await programAlveo(context, { card, image, path: request.image });
  context.progress(1, 'the image is in the card');
  return { version };
}

function targetOf({ options }: ProgramRequest): 'user' | 'shell' {
  const { target = 'user' } = options;
  if (target === 'user' || target === 'shell') return target;
  throw wrongOption(
    `the option target is ${JSON.stringify(target).slice(0, 80)}`,
    'It is user, which is usual, or shell: then the image goes into the flash of the card.',
  );
}

async function findCard(
  { sys, config }: DriverContext<FpgaConfig>,
  request: ProgramRequest,
): Promise<{ readonly card: FpgaCard; readonly identity: string | null }> {
  const { address } = request.device;
  const cards = joinCards(config, await scanPci(sys, { match: fpgaMatches(config.families) }));
  const card = cards.find((candidate) => addressOf(candidate) === address);
  if (card === undefined)
    throw new DriverError('not_found', `${address} is no FPGA that is offered here`, {
      device: address,
      hint: 'Discover again, and name one of the devices it tells of.',
    });
  const identity = await readIdentity(sys, card.family, address);
  requireSameCard(request, identity);
  await requireFree(sys, card);
  return { card, identity };
}

/** A guest, or somebody who is about to be one, would lose the card in the middle of its work. */
async function requireFree(sys: Machine, card: FpgaCard): Promise<void> {
  for (const address of functionsOf(card)) {
    const binding = await readVfioBinding(sys, address);
    if (!isVfioDriver(binding?.driver) && !isVfioDriver(binding?.override)) continue;
    throw new DriverError('in_use', `${address} is given out: it is with ${binding?.driver ?? 'no driver'}`, {
      device: addressOf(card),
      hint: 'Detach it from its consumer first.',
    });
  }
}
