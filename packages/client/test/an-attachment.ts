import { Attachment } from '@cyborgjs/core';
import type { z } from 'zod';

/** A GPU that a machine has, with these changes. */
export function anAttachment(changes: Partial<z.input<typeof Attachment>> = {}): Attachment {
  return Attachment.parse({
    id: 'cccc0000-0000-4000-8000-000000000001',
    state: 'attached',
    consumer: { type: 'instance', id: 'vm-1' },
    projectId: 'p1',
    deviceProfile: null,
    resourceClass: 'PGPU',
    traits: [],
    hotplug: true,
    host: 'node-1',
    deviceId: '3f2a91c0-0000-4000-8000-000000000001',
    deployableId: 'dddd0000-0000-4000-8000-000000000001',
    handle: { id: '0000:83:00.0', type: 'PCI' },
    connection: { type: 'PCI', info: {}, libvirt: null, qmp: null, cdi: null, deviceNodes: [] },
    operationId: null,
    failure: null,
    trouble: null,
    release: null,
    claim: 'none',
    requestedBy: 'operator',
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: null,
    ...changes,
  } satisfies z.input<typeof Attachment>);
}
