import { KernelError } from './kernel.ts';
import { functionDirectory, type KernelRule } from './kernel-rule.ts';
import { createMdev } from './mediated-devices.ts';

/** `mdev_supported_types/<type>/create` ← a UUID of 36 bytes, or 37 with its newline (drivers/vfio/mdev). */
export const mdevCreate: KernelRule = {
  pattern: new RegExp(`^(?<type>${functionDirectory}/mdev_supported_types/[^/]+)/create$`),
  apply(kernel, text, { type = '' }) {
    const [, uuid] = /^([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\n?$/i.exec(text) ?? [];
    if (uuid === undefined) throw new KernelError('EINVAL', 'no UUID');
    createMdev(kernel, type, uuid.toLowerCase());
  },
};
