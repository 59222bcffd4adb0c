import { asUuid } from '../cards/card-parts.ts';
import { findFunction, type PresentFunction } from '../kernel/find-function.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { boundFiles } from './bound-files.ts';
import { failedWith, printed, type SimulatedTool } from './simulated-tool.ts';

/**
 * XRT's tool: `xbutil program -d <user function> -u <image.xclbin>`. It refuses an image for another shell; a run that
 * is cut off leaves the card without an image and its memory not calibrated (messages: XRT, src/runtime_src/core/tools).
 */
export const xbutil: SimulatedTool = (kernel, args) => {
  const [verb] = args;
  const address = args[args.indexOf('-d') + 1] ?? '';
  if (verb !== 'program' || !args.includes('-u'))
    return failedWith(1, 'ERROR: Missing program operation.  No action taken.\n');
  const image = kernel.tree.readBytes(args[args.indexOf('-u') + 1] ?? '');
  const present = findFunction(kernel, address);
  const shell = present && boundFiles(kernel, present, /interface_uuids$/)[0];
  const refused = (why: string) => failedWith(1, `ERROR: Could not program device ${address} : ${why}\n`);
  if (present === undefined || shell === undefined) return refused('No such device');
  if (image === undefined) return refused('No such file or directory');
  if (hexAt(image, 336) !== shell.text.trim()) return refused('xclbin does not match shell on card');
  if (kernel.state.held.includes(address)) return refused('Device or resource busy');
  setImage(kernel, present, undefined);
  return {
    ...printed('INFO: loading the xclbin\n'),
    finish: (later) => {
      setImage(later, present, hexAt(image, 416));
      return printed(`INFO: xrt-smi program succeeded on ${address}\n`);
    },
  };
};

const hexAt = (image: Uint8Array, start: number): string =>
  Buffer.from(image.subarray(start, start + 16)).toString('hex');

function setImage(kernel: Kernel, present: PresentFunction, uuid: string | undefined): void {
  for (const { path } of boundFiles(kernel, present, /xclbinuuid$/))
    kernel.tree.write(path, uuid === undefined ? '' : `${asUuid(uuid)}\n`);
  for (const { path } of boundFiles(kernel, present, /mig_calibration$/))
    kernel.tree.write(path, uuid === undefined ? '0\n' : '1\n');
}
