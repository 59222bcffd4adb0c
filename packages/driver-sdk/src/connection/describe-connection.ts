import type { AttachHandleType } from '@cyborgjs/core';
import type { AttachmentInfo } from '../driver.ts';
import { type CdiDevice, cdiDevice } from './cdi-spec.ts';
import { deviceNodes } from './device-nodes.ts';
import { readHeldHandle } from './held-handle.ts';
import { libvirtHostdev } from './libvirt-hostdev.ts';
import { type NovaHandle, novaHandle } from './nova-handle.ts';
import { type QmpDevice, type QmpOptions, qmpDevice } from './qmp-device.ts';

/** All that anybody may need to take hold of an attached handle; null for those who cannot. */
export interface Connection {
  readonly type: AttachHandleType;
  readonly nova: NovaHandle;
  /** The `hostdev` element of a libvirt domain. */
  readonly libvirt: string | null;
  /** Commands for a running QEMU. */
  readonly qmp: QmpDevice | null;
  /** For container runtimes. */
  readonly cdi: CdiDevice | null;
  /** Paths in `/dev` that a process needs. */
  readonly deviceNodes: readonly string[];
}

/**
 * What each kind of consumer needs to know of an attached handle. Pure: it asks nobody and changes nothing; a CDI
 * specification is put in its place by `writeCdiSpec`.
 *
 * @param attached what the driver's attach answered
 * @example
 * const { qmp } = describeConnection({ type: 'PCI', info }, { id: 'accel0', bus: 'rp0' });
 */
export function describeConnection(attached: AttachmentInfo, options: QmpOptions): Connection {
  const held = readHeldHandle(attached);
  return {
    type: held.type,
    nova: novaHandle(held),
    libvirt: libvirtHostdev(held),
    qmp: qmpDevice(held, options),
    cdi: cdiDevice(held),
    deviceNodes: deviceNodes(held),
  };
}
