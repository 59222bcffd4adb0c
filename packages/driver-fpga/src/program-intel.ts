import { type DriverContext, DriverError } from '@cyborgjs/driver-sdk';
import type { FpgaConfig } from './config.ts';
import type { FpgaCard } from './fpga-card.ts';
import { type GbsImage, parseGbs } from './images/gbs.ts';
import { refuseImage } from './images/refuse-image.ts';
import { isProgrammed } from './intel-health.ts';
import { type IntelReading, readIntelCard } from './intel-reading.ts';
import { type FailedTool, toolFailure } from './tool-failure.ts';

/** A card, and the image that it is to get. */
interface IntelProgramming {
  readonly card: FpgaCard & { readonly family: 'intel' };
  readonly image: Uint8Array;
  /** Where the image lies, for the tool. */
  readonly path: string;
}

/** OPAE's tool for partial reconfiguration. */
const fpgaconf = '/usr/bin/fpgaconf';
/** Partial reconfiguration takes seconds; the kernel waits 8 s for each step of it. */
const reconfigurationMs = 120_000;

/** What `fpgaconf -V` prints when it comes to each of its stages (OPAE SDK: tools/fpgaconf). */
const stages = [
  'Reading bitstream',
  'Looking for slot',
  'Found slot',
  'Programming bitstream',
  'Writing bitstream',
  'Done',
];

/**
 * Programs the region of an Intel FPGA by `fpgaconf`, always through its physical function. The version is the id of
 * the function, or of all of them, that the card then has.
 */
export async function programIntel(
  context: DriverContext<FpgaConfig>,
  { card, image, path }: IntelProgramming,
): Promise<string> {
  const { address } = card.physical;
  const gbs = parseGbs(image);
  const before = await readIntelCard(context.sys, card.physical);
  requireRegion(gbs, before, address);
  const version = gbs.functions.join(', ');
  if (isProgrammed(before) && before.functions.join(', ') === version) return version;
  await context.critical(reconfigurationMs, () => runFpgaconf(context, address, path));
  const after = await readIntelCard(context.sys, card.physical);
  if (context.dryRun || (isProgrammed(after) && after.functions.join(', ') === version)) return version;
  throw new DriverError(
    'hardware',
    `${address} was programmed, and has the functions ${after.functions.join(', ') || 'none'} (state ${after.managerState ?? 'unknown'}); ${version} is wanted`,
    {
      device: address,
      hint: 'Program it again; if it stays so, look at the kernel log and at fpgainfo errors.',
    },
  );
}

/** The kernel checks little, so this does: an image for another region can damage a card. */
function requireRegion(gbs: GbsImage, { region }: IntelReading, address: string): void {
  if (region === undefined)
    throw new DriverError(
      'unavailable',
      `the region of ${address} cannot be read, so no image can be checked`,
      {
        device: address,
        retry: 'later',
        hint: 'Its host driver (dfl-pci) must have the card: detach it, and see that the driver is loaded.',
      },
    );
  if (gbs.interfaceId !== region)
    throw refuseImage(
      `it is built for the interface ${gbs.interfaceId}, and the card has ${region}`,
      'Build it for the static image that is on the card, or flash the card with the one that it was built for.',
    );
}

async function runFpgaconf(
  { sys, progress }: DriverContext<FpgaConfig>,
  address: string,
  image: string,
): Promise<void> {
  const result = await sys.run(fpgaconf, ['-V', address, image], {
    timeoutMs: reconfigurationMs,
    onLine: (line) => {
      const stage = stages.findIndex((name) => line.startsWith(name));
      if (stage >= 0) progress((stage + 1) / (stages.length + 1), line);
    },
  });
  if (result.code !== 0)
    throw toolFailure(fpgaconfFailure(result.code, result.err), { tool: fpgaconf, address, result });
}

/** What its exit statuses mean. */
function fpgaconfFailure(code: number, err: string): FailedTool {
  if (/resource busy/i.test(err)) return { code: 'busy', why: 'somebody uses the card' };
  if (code === 2) return { code: 'invalid', why: 'it could not load the image' };
  if (code === 4) return { code: 'hardware', why: 'it found no region on the card that the image fits' };
  return { code: 'hardware', why: 'it failed' };
}
