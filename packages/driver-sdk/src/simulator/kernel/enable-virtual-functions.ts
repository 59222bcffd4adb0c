import { addFunction } from './add-function.ts';
import { type PresentFunction, virtualFunctions } from './find-function.ts';
import type { Kernel } from './kernel.ts';

/** Makes a physical function's first virtual functions; none may be there yet. */
export function enableVirtualFunctions(kernel: Kernel, physical: PresentFunction, count: number): void {
  const { tree } = kernel;
  const { directory, spec } = physical;
  const probe = tree.read(`${directory}/sriov_drivers_autoprobe`)?.trim() !== '0';
  virtualFunctions(spec, count).forEach((virtual, index) => {
    const present = addFunction(kernel, { spec: virtual, physical, probe });
    tree.link(`${directory}/virtfn${index}`, present.directory);
  });
  tree.write(`${directory}/sriov_numvfs`, `${count}\n`);
}
