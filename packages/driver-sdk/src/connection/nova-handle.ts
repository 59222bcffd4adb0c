import type { AttachHandleType } from '@cyborgjs/core';
import type { HeldHandle } from './held-handle.ts';

/** The two members of an accelerator request that say how to attach, as Nova reads them. */
export interface NovaHandle {
  readonly attach_handle_type: AttachHandleType;
  readonly attach_handle_info: Readonly<Record<string, string>>;
}

/** Facts by handle type, in Cyborg's order: that of its database, where keys are sorted and the network comes last. */
const facts = {
  PCI: ['bus', 'device', 'domain', 'function', 'physical_network'],
  MDEV: ['asked_type', 'bus', 'device', 'domain', 'function', 'vgpu_mark'],
} as const;

/**
 * What Nova is told of a handle. Nova attaches `PCI` only: it takes a function by libvirt with `managed='yes'`, and
 * ignores all accelerators of a server if one of them is of another type.
 */
export function novaHandle(held: HeldHandle): NovaHandle {
  const { type } = held;
  if (held.type === 'TEST_PCI') return { attach_handle_type: type, attach_handle_info: held.info };
  if (held.type === 'CDI')
    return { attach_handle_type: type, attach_handle_info: { cdi_name: held.info.cdi_name } };
  const info: Readonly<Record<string, unknown>> = held.info;
  const known = facts[held.type].flatMap((name) => {
    const value = info[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return { attach_handle_type: type, attach_handle_info: Object.fromEntries(known) };
}
