import { type DriverContext, DriverError, type Machine, readAttribute } from '@cyborgjs/driver-sdk';
import { type AlveoReading, readAlveo } from './alveo-reading.ts';
import type { FpgaConfig } from './config.ts';
import type { FpgaCard } from './fpga-card.ts';
import { asFpgaId } from './images/fpga-id.ts';
import { refuseImage } from './images/refuse-image.ts';
import { asShellName } from './images/shell-name.ts';
import { parseXclbin, type XclbinImage } from './images/xclbin.ts';
import { type FailedTool, toolFailure } from './tool-failure.ts';

/** A card, and the image that it is to get. */
interface AlveoProgramming {
  readonly card: FpgaCard & { readonly family: 'alveo' };
  readonly image: Uint8Array;
  /** Where the image lies, for the tool. */
  readonly path: string;
}

/** XRT's tool; it finds the rest of XRT by its own place. */
const xbutil = '/opt/xilinx/xrt/bin/xbutil';
/** The image goes over the bus in seconds; its clocks and memory are then started. */
const programmingMs = 300_000;

/**
 * Programs the user part of an Alveo card by `xbutil program --user`, through its user function; the shell stays.
 * The version is the image's id.
 */
export async function programAlveo(
  context: DriverContext<FpgaConfig>,
  { card, image, path }: AlveoProgramming,
): Promise<string> {
  const user = userFunction(card);
  const xclbin = parseXclbin(image);
  if (xclbin.isShell)
    throw refuseImage(
      'it is a shell, for the flash of a card',
      'A shell is flashed with the option target=shell; the user part takes .xclbin images.',
    );
  if (!xclbin.hasBitstream)
    throw refuseImage('it has no bitstream: it is made for emulation, or is only metadata');
  const read = (): Promise<AlveoReading> =>
    readAlveo(context.sys, { management: card.management?.address, user });
  const before = await read();
  await requireShell(context.sys, { user, xclbin, shell: before.shell });
  if (before.image === xclbin.uuid) return xclbin.uuid;
  await context.critical(programmingMs, () => runXbutil(context, user, path));
  const after = await read();
  if (context.dryRun || after.image === xclbin.uuid) return xclbin.uuid;
  throw new DriverError(
    'hardware',
    `${user} was programmed, and says that its image is ${after.image ?? 'none'}; ${xclbin.uuid} is wanted`,
    { device: user, hint: 'Program it again; if it stays so, reset the card and look at the kernel log.' },
  );
}

function userFunction({ user, main }: AlveoProgramming['card']): string {
  if (user !== undefined) return user.address;
  throw new DriverError('unsupported', `${main.address} has no user function: it has its factory image`, {
    device: main.address,
    hint: 'Flash a shell: program it with the option target=shell, and start the machine cold.',
  });
}

interface ShellCheck {
  readonly user: string;
  readonly xclbin: XclbinImage;
  /** Name of the shell on the card. */
  readonly shell: string | undefined;
}

/** An image is built for one interface of the shell; for a flat shell, which has none, for the shell by name. */
async function requireShell(sys: Machine, { user, xclbin, shell }: ShellCheck): Promise<void> {
  const listed = (await readAttribute(sys, `/sys/bus/pci/devices/${user}/interface_uuids`)) ?? '';
  const interfaces = listed.split(/\s+/).flatMap((text) => asFpgaId(text) ?? []);
  const has = interfaces.join(', ') || (shell ?? 'none');
  if (has === 'none')
    throw new DriverError('unavailable', `the shell of ${user} cannot be read, so no image can be checked`, {
      device: user,
      retry: 'later',
      hint: 'Its host drivers (xocl, xclmgmt) must have the card: detach it, and see that they are loaded.',
    });
  const { interfaceId } = xclbin;
  const fits =
    interfaceId !== undefined && interfaces.length > 0
      ? interfaces.includes(interfaceId)
      : shell !== undefined && asShellName(xclbin.platform) === shell;
  if (!fits)
    throw refuseImage(
      `it is built for ${interfaceId ?? xclbin.platform} (${xclbin.platform}), and the card has ${has}`,
      'Build it for the shell that is on the card.',
    );
}

async function runXbutil(
  { sys, progress }: DriverContext<FpgaConfig>,
  user: string,
  image: string,
): Promise<void> {
  progress(0.1, 'xbutil programs the card');
  const result = await sys.run(xbutil, ['program', '-d', user, '-u', image], { timeoutMs: programmingMs });
  if (result.code !== 0)
    throw toolFailure(xbutilFailure(result.err), { tool: xbutil, address: user, result });
}

function xbutilFailure(err: string): FailedTool {
  if (/busy/i.test(err)) return { code: 'busy', why: 'somebody uses the card' };
  if (/does not match shell/i.test(err)) return { code: 'invalid', why: 'the image does not fit the shell' };
  return { code: 'hardware', why: 'it failed' };
}
