import type { AttachmentConnection, AttachmentInfo } from '@cyborgjs/core';
import { describeConnection } from '@cyborgjs/driver-sdk/connection';

/**
 * How consumers take hold of what a driver has attached. In a QEMU it is called after its handle, which is unique on
 * the host; ids there know no colons. Throws what is wrong with the driver's answer.
 */
export function attachmentConnection(attached: AttachmentInfo, handle: string): AttachmentConnection {
  const id = `accel-${handle.replace(/[^A-Za-z0-9._-]/g, '_')}`;
  const { type, libvirt, qmp, cdi, deviceNodes } = describeConnection(attached, { id });
  return {
    type,
    info: attached.info,
    libvirt,
    qmp: qmp && { id, attach: qmp.attach.map(plain), detach: qmp.detach.map(plain) },
    cdi: cdi && { name: cdi.name, spec: cdi.spec && { ...cdi.spec } },
    deviceNodes: [...deviceNodes],
  };
}

const plain = <Command extends { readonly arguments: object }>(command: Command) => ({
  ...command,
  arguments: { ...command.arguments },
});
