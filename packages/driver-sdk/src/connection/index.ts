export { type CdiDevice, CdiSpec, cdiDevice, vfioKind } from './cdi-spec.ts';
export { type Connection, describeConnection } from './describe-connection.ts';
export { deviceNodes } from './device-nodes.ts';
export { CdiInfo, type HeldHandle, MdevInfo, PciInfo, readHeldHandle } from './held-handle.ts';
export { libvirtHostdev } from './libvirt-hostdev.ts';
export { type NovaHandle, novaHandle } from './nova-handle.ts';
export { type QmpCommand, type QmpDevice, type QmpOptions, qmpDevice } from './qmp-device.ts';
export { cdiDirectory, removeCdiSpec, writeCdiSpec } from './write-cdi-spec.ts';
