import { type DriverContext, DriverError, type ProgramRequest, type RunResult } from '@cyborgjs/driver-sdk';
import { readAlveo } from '../alveo-reading.ts';
import type { FpgaConfig } from '../config.ts';
import type { FpgaCard } from '../fpga-card.ts';
import { refuseImage } from '../images/refuse-image.ts';
import { asShellName } from '../images/shell-name.ts';
import { parseXclbin } from '../images/xclbin.ts';
import { type FailedTool, toolFailure } from '../tool-failure.ts';
import type { ShellFlash } from './shell-flash.ts';

/** A card, and the shell that it is to get. */
interface AlveoFlash {
  readonly card: FpgaCard & { readonly family: 'alveo' };
  readonly image: Uint8Array;
  readonly request: ProgramRequest;
}

/** XRT's tool for the management function; it finds the rest of XRT by its own place. */
const xbmgmt = '/opt/xilinx/xrt/bin/xbmgmt';
/** Erasing and programming take two minutes each. */
const flashMs = 30 * 60_000;

/** What `xbmgmt program --base` prints as it gets on, and how far it is then (XRT: src/runtime_src/core/tools/xbmgmt2). */
const stages = [
  ['Updating base', 0.05, 'the flash is erased'],
  ['[PASSED] : Flash erased', 0.45, 'the flash is programmed'],
  ['[PASSED] : Flash programmed', 0.9, 'the flash is programmed'],
] as const;

/** Checks a shell for an Alveo card, before anything is touched. The card loads it when the machine is started cold. */
export async function flashAlveo(
  context: DriverContext<FpgaConfig>,
  { card, image, request }: AlveoFlash,
): Promise<ShellFlash> {
  const { management, user, model } = card;
  if (management === undefined)
    throw new DriverError(
      'unsupported',
      `the management function of ${card.main.address} is not on this host`,
      {
        device: card.main.address,
        hint: 'Flash the card on the host that has its management function.',
      },
    );
  const shell = parseXclbin(image);
  if (!shell.isShell)
    throw refuseImage(
      'it has nothing for the flash: it is a user image, or the second stage of a shell',
      'The shell of an Alveo card is the .xsabin of its platform; leave target out for a user image.',
    );
  const board = shell.platform.split(/[_:]/)[1];
  if (board !== model.board)
    throw refuseImage(`it is for ${shell.platform}, and the card is an ${model.name}`);
  const { address } = management;
  return {
    version: asShellName(shell.platform),
    running: (await readAlveo(context.sys, { management: address, user: user?.address })).shell,
    write: () => runXbmgmt(context, address, request.image),
    writeMs: flashMs,
  };
}

async function runXbmgmt(
  { sys, progress }: DriverContext<FpgaConfig>,
  address: string,
  image: string,
): Promise<void> {
  const args = ['program', '-d', address, '--base', '--image', image, '--force'];
  const result = await sys.run(xbmgmt, args, {
    timeoutMs: flashMs,
    onLine: (line) => {
      const stage = stages.find(([text]) => line.includes(text));
      if (stage !== undefined) progress(stage[1], stage[2]);
    },
  });
  if (result.code !== 0) throw toolFailure(flashFailure(result), { tool: xbmgmt, address, result });
}

function flashFailure({ out, err }: RunResult): FailedTool {
  const hasBegun = out.includes(stages[0][0]);
  if (!hasBegun && /resource busy|in use/i.test(err)) return { code: 'busy', why: 'somebody uses the card' };
  if (!hasBegun && /No action taken|Action canceled|No such device/i.test(`${out}\n${err}`))
    return { code: 'unsupported', why: 'it did nothing' };
  return {
    code: 'hardware',
    why: 'it failed; do not start the machine cold before the card is flashed again',
  };
}
