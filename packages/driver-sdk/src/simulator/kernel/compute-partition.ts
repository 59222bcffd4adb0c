import { isHeld } from './is-held.ts';
import { KernelError } from './kernel.ts';
import { functionDirectory, type KernelRule, withoutNewline } from './kernel-rule.ts';

/**
 * `current_compute_partition` and `current_memory_partition` of an AMD accelerator: how many it is cut into, and how
 * its memory is (Linux: Documentation/gpu/amdgpu/gc and drivers/gpu/drm/amd/amdgpu/amdgpu_gfx.c, amdgpu_gmc.c).
 */
export const computePartition: KernelRule = {
  pattern: new RegExp(`^(?<file>${functionDirectory}/current_(?<kind>compute|memory)_partition)$`),
  apply({ tree, state }, text, { file = '', directory = '', address = '', kind = '' }) {
    const wanted = withoutNewline(text);
    const offered = (tree.read(`${directory}/available_${kind}_partition`) ?? '').trim().split(', ');
    if (!offered.includes(wanted)) throw new KernelError('EINVAL', `no ${kind} partition ${wanted}`);
    if (isHeld(state, address)) throw new KernelError('EBUSY', 'somebody uses it');
    tree.write(file, `${wanted}\n`);
  },
};
