import { alveoFunctions, alveoModels } from '../cards/alveo.ts';
import { requireCard } from '../kernel/find-card.ts';
import { findFunction } from '../kernel/find-function.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { writeFlash } from '../load-flash.ts';
import { cardMaker } from '../plug-card.ts';
import { boundFiles } from './bound-files.ts';
import { failedWith, printed, type SimulatedRun, type SimulatedTool } from './simulated-tool.ts';

/**
 * XRT's tool for the flash of a card: `xbmgmt program -d <management function> --base --image <shell.xsabin> --force`,
 * or `--revert-to-golden`. The card runs on as it is until the machine is started cold; a run that is cut off leaves an
 * erased flash, from which the card then comes up with its factory image (messages: XRT, src/runtime_src/core/tools).
 */
export const xbmgmt: SimulatedTool = (kernel, args) => {
  const address = args[args.indexOf('-d') + 1] ?? '';
  const present = findFunction(kernel, address);
  const node = present && boundFiles(kernel, present, /^\/dev\/xfpga\/flash/)[0]?.path;
  if (args[0] !== 'program' || !(args.includes('--base') || args.includes('--revert-to-golden')))
    return failedWith(1, 'ERROR: Missing flash operation.  No action taken.\n');
  if (node === undefined) return failedWith(1, `ERROR: No such device: '${address}'\n`);
  // It asks, and nobody answers.
  if (!args.includes('--force')) return failedWith(1, 'ERROR: Action canceled.\n');
  if (args.includes('--revert-to-golden')) return flash(kernel, { address, node, shell: undefined });
  const image = kernel.tree.readBytes(args[args.indexOf('--image') + 1] ?? '');
  if (image === undefined)
    return failedWith(1, 'ERROR: No such file or directory\n', '\nDevice flashing encountered errors:\n');
  return flash(kernel, {
    address,
    node,
    shell: {
      platform: Buffer.from(image.subarray(352, 416)).toString('latin1').replace(/\0.*$/s, ''),
      interfaceUuid: Buffer.from(image.subarray(336, 352)).toString('hex'),
    },
  });
};

interface Flashing {
  readonly address: string;
  /** The flash as the driver shows it to its tools. */
  readonly node: string;
  /** What is written; the factory image when undefined. */
  readonly shell: { readonly platform: string; readonly interfaceUuid: string } | undefined;
}

function flash(kernel: Kernel, { address, node, shell }: Flashing): SimulatedRun {
  const content = (later: Kernel, of: Flashing['shell']) => {
    const { facts } = requireCard(later, address);
    const model = (Object.keys(alveoModels) as (keyof typeof alveoModels)[]).find(
      (one) => one === facts.model,
    );
    return alveoFunctions(cardMaker(later), {
      address,
      model: model ?? 'u250',
      serial: facts.serial ?? '',
      ...(of === undefined ? { golden: true } : { shell: of.platform, interfaceUuid: of.interfaceUuid }),
    });
  };
  writeFlash(kernel, address, content(kernel, undefined));
  kernel.tree.write(node, '');
  return {
    ...printed(
      `${rule}Actions to perform:\n  [${address}] : Program base (FLASH) image\n${rule}[${address}] : Updating base (e.g., shell) flash image...\n[PASSED] : Flash erased < 1m 49s >\n`,
    ),
    finish: (later) => {
      writeFlash(later, address, content(later, shell));
      later.tree.write(node, `${shell?.platform ?? 'GOLDEN'}\n`);
      return printed(
        `[PASSED] : Flash programmed < 1m 50s >\nINFO     : Base flash image has been programmed successfully. \n${rule}Report\n  [${address}] : Successfully flashed the base (e.g., shell) image\n\nDevice flashed successfully.\n${stars}Cold reboot machine to load the new image on device.\n${stars}`,
      );
    },
  };
}

const rule = `${'-'.repeat(52)}\n`;
const stars = `${'*'.repeat(52)}\n`;
