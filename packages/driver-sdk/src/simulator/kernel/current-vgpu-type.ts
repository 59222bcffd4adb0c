import { creatableText, type MdevType } from '../cards/mdev-types.ts';
import { findFunction, type PresentFunction, virtualFunctions } from './find-function.ts';
import { isHeld } from './is-held.ts';
import { type Kernel, KernelError } from './kernel.ts';
import { functionDirectory, type KernelRule, kernelNumber } from './kernel-rule.ts';
import { closeVfio, openVfio } from './vfio-nodes.ts';

/**
 * `nvidia/current_vgpu_type` of a virtual function: a type's number makes a vGPU of it, 0 removes it, which is EPERM
 * while a guest has it (NVIDIA vGPU software documentation, vendor-specific VFIO framework).
 */
export const currentVgpuType: KernelRule = {
  pattern: new RegExp(`^${functionDirectory}/nvidia/current_vgpu_type$`),
  apply(kernel, text, { directory = '', address = '' }) {
    const { tree } = kernel;
    const wanted = kernelNumber(text);
    const file = `${directory}/nvidia/current_vgpu_type`;
    const present = findFunction(kernel, address);
    if (present === undefined) throw new KernelError('ENODEV', `${address} is gone`);
    const now = Number(tree.read(file));
    if (isHeld(kernel.state, address)) throw new KernelError('EPERM', 'a guest has it');
    if (wanted !== 0 && now !== 0) throw new KernelError('EPERM', 'it is a vGPU already');
    const offered = tree.read(`${directory}/nvidia/creatable_vgpu_types`) ?? '';
    if (wanted !== 0 && !new RegExp(`^${wanted} *:`, 'm').test(offered))
      throw new KernelError('EINVAL', `no type ${wanted} can be made`);
    tree.write(file, `${wanted}\n`);
    if (wanted !== 0) openVfio(kernel, present);
    else if (now !== 0) closeVfio(kernel, present);
    recount(kernel, present);
  },
};

/** All vGPUs of a GPU are of one type, and no more of them than its memory holds. */
function recount(kernel: Kernel, virtual: PresentFunction): void {
  const { tree, state } = kernel;
  const physicalDirectory = tree.target(`${virtual.directory}/physfn`);
  const card = state.cards.find(({ plugged, functions }) =>
    functions.some((one) => plugged && physicalDirectory?.endsWith(one.address) === true),
  );
  const physical = card?.functions[0];
  if (card === undefined || physical === undefined) return;
  const types: readonly MdevType[] = JSON.parse(card.facts.vgpuTypes ?? '[]');
  const functions = virtualFunctions(physical, physical.sriov?.totalVfs ?? 0).flatMap(
    ({ address }) => findFunction(kernel, address) ?? [],
  );
  const current = (directory: string): number =>
    Number(tree.read(`${directory}/nvidia/current_vgpu_type`) ?? 0);
  const made = functions.map(({ directory }) => current(directory)).filter((id) => id !== 0);
  const creatable = types.filter(
    ({ id, maxInstances }) => made.length === 0 || (id === `nvidia-${made[0]}` && made.length < maxInstances),
  );
  for (const { directory } of functions)
    tree.write(
      `${directory}/nvidia/creatable_vgpu_types`,
      creatableText(current(directory) === 0 ? creatable : []),
    );
}
