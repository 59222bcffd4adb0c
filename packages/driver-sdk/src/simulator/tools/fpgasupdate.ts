import { posix } from 'node:path';
import type { SimulatedFunction } from '../card.ts';
import { requireCard } from '../kernel/find-card.ts';
import { findFunction, type PresentFunction } from '../kernel/find-function.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { writeFlash } from '../load-flash.ts';
import { boundFiles } from './bound-files.ts';
import { failedWith, printed, type SimulatedTool } from './simulated-tool.ts';

/**
 * OPAE's tool for the flash of a card: `fpgasupdate <signed image> <address>`. The card runs on as it is until it is
 * loaded anew (`rsu`). A run that is cut off leaves the secure update in the state `preparing`; the next one begins
 * anew. An image that the card cannot authenticate leaves an error there (messages: OPAE SDK, opae.admin; states and
 * errors: Linux, Documentation/ABI/testing/sysfs-class-firmware).
 */
export const fpgasupdate: SimulatedTool = (kernel, [path = '', address = '']) => {
  const image = kernel.tree.readBytes(path);
  if (image === undefined || image.length < 1152 || Buffer.from(image).readUInt32LE() !== 0xb6eafd19)
    return failedWith(1, '', `${log('ERROR', `Unknown file format in ${path}`)}`);
  const present = findFunction(kernel, address);
  const update = present && boundFiles(kernel, present, /(secure-update\d+|\/update)\/status$/)[0];
  if (present === undefined || update === undefined)
    return failedWith(1, '', log('ERROR', `Failed to find PAC at ${address}`));
  if (kernel.state.held.includes(address))
    return failedWith(1, '', log('ERROR', 'Secure update in progress. Please try again later.'));
  const directory = posix.dirname(update.path);
  const say = (later: Kernel, status: string, error: string): void => {
    later.tree.write(`${directory}/status`, `${status}\n`);
    later.tree.write(`${directory}/error`, error);
  };
  say(kernel, 'preparing', '');
  return {
    ...printed(
      `${log('WARNING', 'Update starting. Please do not interrupt.')}${log('INFO', `updating from file ${path} with size ${image.length}`)}${bar(50, image.length)}${bar(100, image.length)}`,
    ),
    finish: (later) => {
      const shell = shellIn(image);
      say(later, 'idle', shell === undefined ? 'programming:hw-error\n' : '');
      if (shell === undefined) return failedWith(1, '', log('ERROR', 'programming:hw-error'));
      writeFlash(later, address, flashed(later, present, shell));
      return printed(
        `${log('INFO', `applying update to ${address}`)}${bar(50)}${bar(100)}${log('INFO', `update of ${address} complete`)}${log('INFO', 'Secure update OK')}`,
      );
    },
  };
};

const log = (level: string, text: string): string =>
  `[2026-09-07 10:20:11,02] [${level.padEnd(8)}] ${text}\n`;

/** A line of its bar: of the bytes sent, or of the time that writing them is thought to take. */
function bar(percent: number, bytes?: number): string {
  const filled = '█'.repeat(percent / 5).padEnd(20);
  const share = bytes === undefined ? '' : ` [${Math.floor((bytes * percent) / 100)}/${bytes} bytes]`;
  return `(${`${percent}`.padStart(3)}%) [${filled}]${share}[Time:0:00:01.000000]\n`;
}

interface Shell {
  readonly bitstreamId: string;
  readonly interfaceId: string;
}

/** What a made-up image makes of a card. */
function shellIn(image: Uint8Array): Shell | undefined {
  const [text = ''] = Buffer.from(image.subarray(1024)).toString('latin1').split('\0');
  try {
    return JSON.parse(text) as Shell;
  } catch {
    return undefined;
  }
}

function flashed(kernel: Kernel, { address }: PresentFunction, shell: Shell): SimulatedFunction[] {
  return requireCard(kernel, address).functions.map((fn) => {
    const files = Object.entries(fn.whenBound.files).map(([path, text]) => {
      if (path.endsWith('/bitstream_id')) return [path, `${shell.bitstreamId}\n`];
      return /\/(compat_id|interface_id)$/.test(path) ? [path, `${shell.interfaceId}\n`] : [path, text];
    });
    return { ...fn, whenBound: { ...fn.whenBound, files: Object.fromEntries(files) } };
  });
}
