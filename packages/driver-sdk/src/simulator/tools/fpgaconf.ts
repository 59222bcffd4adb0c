import { findFunction, type PresentFunction } from '../kernel/find-function.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { boundFiles } from './bound-files.ts';
import { failedWith, printed, type SimulatedTool } from './simulated-tool.ts';

/**
 * OPAE's tool for partial reconfiguration: `fpgaconf -V <address> <image.gbs>`. It refuses an image for another
 * interface, and takes the port away while it writes: a run that is cut off leaves the region in the state `write`
 * and without a function (messages and exit statuses: OPAE SDK, tools/fpgaconf).
 */
export const fpgaconf: SimulatedTool = (kernel, args) => {
  const [address = '', path = ''] = args.filter((arg) => !arg.startsWith('-'));
  const image = kernel.tree.readBytes(path);
  const functions = idsIn(image, 'accelerator-type-uuid');
  const [wanted] = idsIn(image, 'interface-uuid');
  if (wanted === undefined || functions.length === 0) return failedWith(2, '');
  const present = findFunction(kernel, address);
  const region = present && boundFiles(kernel, present, /(compat_id|interface_id)$/)[0];
  if (present === undefined || region?.text.trim() !== wanted)
    return failedWith(4, 'No suitable slots found.\n', 'Reading bitstream\nLooking for slot\n');
  if (kernel.state.held.includes(address))
    return failedWith(5, 'Error writing bitstream to FPGA: resource busy\n', found);
  setState(kernel, present, { state: 'write', functions: [] });
  return {
    ...printed(`${found}Programming bitstream\nWriting bitstream\n`),
    finish: (later) => {
      setState(later, present, { state: 'operating', functions });
      return printed('Done\n');
    },
  };
};

const found = 'Reading bitstream\nLooking for slot\nFound slot\n';

interface RegionState {
  readonly state: string;
  readonly functions: readonly string[];
}

function setState(kernel: Kernel, present: PresentFunction, { state, functions }: RegionState): void {
  for (const { path } of boundFiles(kernel, present, /fpga_manager\/[^/]+\/state$/))
    kernel.tree.write(path, `${state}\n`);
  for (const [index, { path }] of boundFiles(kernel, present, /afu_id$/).entries())
    kernel.tree.write(path, functions[index] === undefined ? '' : `${functions[index]}\n`);
}

/** Ids in the metadata of a `.gbs`, dashes dropped. */
function idsIn(image: Uint8Array | undefined, key: string): string[] {
  const text = Buffer.from(image ?? []).toString('latin1');
  return [...text.matchAll(new RegExp(`"${key}":"([0-9a-f-]{36})"`, 'g'))].map(([, id = '']) =>
    id.replaceAll('-', ''),
  );
}
