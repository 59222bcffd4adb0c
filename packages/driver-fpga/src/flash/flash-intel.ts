import { type DriverContext, DriverError, type ProgramRequest, type RunResult } from '@cyborgjs/driver-sdk';
import type { FpgaConfig } from '../config.ts';
import type { FpgaCard } from '../fpga-card.ts';
import { refuseImage } from '../images/refuse-image.ts';
import { sha256 } from '../images/sha256.ts';
import { parseSignedImage } from '../images/signed-image.ts';
import { readIntelCard } from '../intel-reading.ts';
import { type FailedTool, toolFailure } from '../tool-failure.ts';
import type { ShellFlash } from './shell-flash.ts';
import { wrongOption } from './wrong-option.ts';

/** A card, and the shell that it is to get. */
interface IntelFlash {
  readonly card: FpgaCard & { readonly family: 'intel' };
  readonly image: Uint8Array;
  readonly request: ProgramRequest;
}

/** OPAE's tools: one writes the flash, the other has the card load it. */
const fpgasupdate = '/usr/bin/fpgasupdate';
const rsu = '/usr/bin/rsu';
/** Flash is written with some 40 kB a second at worst; hosts allow an hour. */
const flashMs = 55 * 60_000;
/** The card leaves the bus, loads and comes back; the tool waits ten seconds for it. */
const loadMs = 120_000;

/** Checks a shell for an Intel FPGA card, before anything is touched. */
export async function flashIntel(
  context: DriverContext<FpgaConfig>,
  { card, image, request }: IntelFlash,
): Promise<ShellFlash> {
  const { physical } = card;
  const { address } = physical;
  const signed = parseSignedImage(image);
  const found = await sha256(signed.payload);
  if (found !== signed.sha256)
    throw refuseImage(
      `what it holds hashes to ${found}, and its header says ${signed.sha256}: it was changed`,
    );
  const { options } = request;
  requireCard(options.card, `${physical.vendor}:${physical.device}`);
  const version = requireBitstreamId(options.bitstream_id);
  const loads = requireLoad(options.load);
  if (loads && physical.virtfns.length > 0)
    throw new DriverError(
      'in_use',
      `${address} has virtual functions, which it loses when it loads its flash`,
      {
        device: address,
        hint: 'Remove its virtual functions first, or flash with load=later and start the machine cold.',
      },
    );
  const running = async (): Promise<string | undefined> =>
    asBitstreamId((await readIntelCard(context.sys, physical)).bitstreamId);
  const flash = {
    version,
    running: await running(),
    write: () => runFpgasupdate(context, address, request.image),
    writeMs: flashMs,
  };
  if (!loads) return flash;
  return {
    ...flash,
    load: async () => {
      await context.critical(loadMs, () => runRsu(context, address));
      const after = await running();
      if (context.dryRun || after === version) return;
      throw new DriverError(
        'hardware',
        `${address} was flashed and has loaded its flash, and its shell is ${after ?? 'not readable'}; ${version} is wanted`,
        { device: address, hint: 'See that bitstream_id is the one of the image, and flash it again.' },
      );
    },
  };
}

/** Nothing in a signed image says for which card it is: whoever asks for the flash has to. */
function requireCard(given: string | undefined, ids: string): void {
  if (given?.toLowerCase() === ids) return;
  if (given === undefined)
    throw wrongOption(
      'the option card is missing, and a signed image does not say for which card it is',
      `Give card=<vendor:device> of the cards that it was built for; this one is ${ids}.`,
    );
  throw refuseImage(`it is for the card ${JSON.stringify(given).slice(0, 80)}, and this one is ${ids}`);
}

/** Nor does it say what the card will be known by. */
function requireBitstreamId(given: string | undefined): string {
  const id = asBitstreamId(given);
  if (id !== undefined) return id;
  throw wrongOption(
    given === undefined
      ? 'the option bitstream_id is missing, by which it is seen that the card runs its new shell'
      : `the option bitstream_id is ${JSON.stringify(given).slice(0, 80)}, which is no id`,
    'Give the Bitstream Id that fpgainfo fme shows on a card with this shell: bitstream_id=0x501020222df1b7a.',
  );
}

function requireLoad(given: string | undefined): boolean {
  if (given === undefined || given === 'now' || given === 'later') return given !== 'later';
  throw wrongOption(
    `the option load is ${JSON.stringify(given).slice(0, 80)}`,
    'It is now, which is usual, or later: then the machine has to be started cold.',
  );
}

/** An id of a static image as it is compared: `0x501020222df1b7a`; undefined for anything else. */
export const asBitstreamId = (text: string | undefined): string | undefined =>
  text !== undefined && /^0x[0-9a-f]{1,16}$/i.test(text) ? `0x${BigInt(text).toString(16)}` : undefined;

async function runFpgasupdate(
  { sys, progress }: DriverContext<FpgaConfig>,
  address: string,
  image: string,
): Promise<void> {
  let isWriting = false;
  const result = await sys.run(fpgasupdate, [image, address], {
    timeoutMs: flashMs,
    onLine: (line) => {
      isWriting ||= line.includes('applying update');
      const percent = /^\( *(\d{1,3})%\)/.exec(line)?.[1];
      if (percent === undefined) return;
      const share = Math.min(1, Number(percent) / 100);
      if (isWriting) progress(0.4 + 0.5 * share, `the card writes its flash, ${percent} %`);
      else progress(0.4 * share, `the image goes to the card, ${percent} %`);
    },
  });
  if (result.code !== 0) throw toolFailure(flashFailure(result), { tool: fpgasupdate, address, result });
}

/** What it says on either output (OPAE SDK: opae.admin/tools/fpgasupdate). */
function flashFailure({ out, err }: RunResult): FailedTool {
  const said = `${out}\n${err}`;
  if (/update in progress|preparing:device-busy|resource busy/i.test(said))
    return { code: 'busy', why: 'its flash is being written by somebody else' };
  if (/flash.wearout|excessive flash counts/i.test(said))
    return { code: 'busy', why: 'the card delays the flash, since it was flashed very often' };
  if (/unknown file format/i.test(said)) return { code: 'invalid', why: 'it does not know the image' };
  if (/hw-error/i.test(said))
    return { code: 'hardware', why: 'the card did not take the image: it may be signed with another key' };
  return { code: 'hardware', why: 'it failed' };
}

async function runRsu({ sys, progress }: DriverContext<FpgaConfig>, address: string): Promise<void> {
  progress(0.95, 'the card loads its flash');
  const result = await sys.run(rsu, ['fpga', address], { timeoutMs: loadMs });
  if (result.code !== 0)
    throw toolFailure(
      { code: 'hardware', why: 'the card did not load its flash; start the machine cold' },
      { tool: rsu, address, result },
    );
}
