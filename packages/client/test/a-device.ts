import { Device } from '@cyborgjs/core';
import type { z } from 'zod';

type DeviceFacts = z.input<typeof Device>;

/** A ready card with two handles, one of them held; what is given replaces what is usual. */
export function aDevice(facts: Partial<DeviceFacts> = {}): Device {
  return Device.parse({
    id: '3f2a91c0-0000-4000-8000-000000000001',
    host: 'node-1',
    driver: 'gpu',
    identity: 'serial-1',
    kind: 'GPU',
    vendor: '10de',
    model: 'NVIDIA H200',
    address: '0000:83:00.0',
    numaNode: 1,
    health: { state: 'ok' },
    firmware: { vbios: '96.00' },
    attributes: { product_id: '2335' },
    state: 'ready',
    stateReason: null,
    stale: false,
    simulated: false,
    deployables: [aDeployable()],
    createdAt: '2025-11-01T08:00:00Z',
    updatedAt: null,
    lastSeenAt: '2025-11-22T09:59:00Z',
    ...facts,
  } satisfies DeviceFacts);
}

function aDeployable(): DeviceFacts['deployables'][number] {
  return {
    id: 'd0000000-0000-4000-8000-000000000001',
    name: '0000:83:00.0',
    resourceClass: 'PGPU',
    traits: ['OWNER_CYBORG', 'CUSTOM_GPU_NVIDIA'],
    total: 2,
    providerId: null,
    handles: [aHandle('0000:83:00.1', true), aHandle('0000:83:00.2', false)],
  };
}

function aHandle(id: string, inUse: boolean): DeviceFacts['deployables'][number]['handles'][number] {
  return { id, type: 'PCI', info: { domain: '0000', bus: '83' }, inUse };
}
