import { isHeld } from './is-held.ts';
import type { KernelRule } from './kernel-rule.ts';
import { kernelNumber } from './kernel-rule.ts';

/** NVIDIA's `unbindLock`: reads back `1` only when nobody uses the GPU. */
export const nvidiaUnbindLock: KernelRule = {
  pattern: /^(?<file>\/proc\/driver\/nvidia\/gpus\/(?<address>[^/]+)\/unbindLock)$/,
  apply({ tree, state }, text, { file = '', address = '' }) {
    const locked = kernelNumber(text) !== 0 && !isHeld(state, address);
    tree.write(file, locked ? '1\n' : '0\n');
  },
};
