import { Host, HostDriver } from '@cyborgjs/core';
import type { z } from 'zod';

/** A host that is up, with one driver that runs and a Placement that agrees. */
export function aHost(facts: Partial<z.input<typeof Host>> = {}): Host {
  return Host.parse({
    name: 'node-1',
    state: 'up',
    simulated: false,
    agentVersion: '0.1.0',
    bootId: 'boot-7',
    drivers: [aDriver()],
    devices: 2,
    placement: { enabled: true, agreedAt: '2025-11-22T09:58:00Z', error: null, retained: [] },
    lastSeenAt: '2025-11-22T09:59:50Z',
    createdAt: '2025-11-01T08:00:00Z',
    ...facts,
  } satisfies z.input<typeof Host>);
}

/** A driver that runs and has reported two devices. */
export function aDriver(facts: Partial<z.input<typeof HostDriver>> = {}): HostDriver {
  return HostDriver.parse({
    id: 'gpu',
    package: '@cyborgjs/driver-gpu',
    version: '0.1.0',
    state: 'running',
    verbs: ['discover', 'status', 'attach', 'detach'],
    restarts: 0,
    failure: null,
    host: 'node-1',
    devices: 2,
    stale: false,
    lastReportAt: '2025-11-22T09:59:30Z',
    ...facts,
  } satisfies z.input<typeof HostDriver>);
}
