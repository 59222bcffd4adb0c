import type { Host } from '@cyborgjs/core';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { DeviceCount } from '../store/device.ts';
import type { StoredDeviceStats, StoredDriverCalls } from '../store/driver-stats.ts';
import type { OperationCount } from '../store/operation.ts';
import type { StoredWebhook } from '../store/webhook.ts';
import { callSeries } from './call-series.ts';
import { deviceSeries } from './device-series.ts';

/** What the service holds at the moment of a scrape. */
export interface Census {
  readonly devices: readonly DeviceCount[];
  readonly operations: readonly OperationCount[];
  readonly hosts: readonly { readonly state: Host['state'] }[];
  /** What has been read of devices not long ago. */
  readonly stats: readonly StoredDeviceStats[];
  /** How long calls of drivers took, as agents have told not long ago. */
  readonly calls: readonly StoredDriverCalls[];
  readonly webhooks: readonly StoredWebhook[];
}

/** Numbers about the service for Prometheus. */
export interface ApiMetrics {
  /** One request answered; `route` is its template (`/v3/devices/:id`), never the path, to keep series few. */
  readonly requestEnded: (labels: { method: string; route: string; status: number }, seconds: number) => void;
  /** The store failed a request or a check. */
  readonly storeFailed: () => void;
  /** The text of `/metrics`; without a census the gauges of what is stored are left out. */
  readonly render: (census: Census | null) => Promise<string>;
  readonly contentType: string;
}

/** Counts in a registry of its own, with the usual numbers about the process. */
export function createApiMetrics(): ApiMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const durations = new Histogram({
    name: 'cyborg_http_request_duration_seconds',
    help: 'Time to answer requests.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  const storeErrors = new Counter({
    name: 'cyborg_store_errors_total',
    help: 'Requests and checks that failed because the store was away.',
    registers,
  });
  const census = censusGauges(registers);
  const webhooks = webhookGauges(registers);
  return {
    requestEnded: (labels, seconds) => durations.observe(labels, seconds),
    storeFailed: () => storeErrors.inc(),
    async render(counts) {
      census(counts);
      webhooks(counts?.webhooks ?? []);
      const devices = await deviceSeries(counts?.stats ?? []);
      return (await registry.metrics()) + devices + callSeries(counts?.calls ?? []);
    },
    contentType: registry.contentType,
  };
}

function censusGauges(registers: Registry[]): (census: Census | null) => void {
  const devices = new Gauge({
    name: 'cyborg_devices',
    help: 'Devices by kind, life-cycle state and health.',
    labelNames: ['kind', 'state', 'health'],
    registers,
  });
  const operations = new Gauge({
    name: 'cyborg_operations',
    help: 'Operations by state.',
    labelNames: ['state'],
    registers,
  });
  const hosts = new Gauge({
    name: 'cyborg_hosts',
    help: 'Hosts by state.',
    labelNames: ['state'],
    registers,
  });
  return (census) => {
    for (const gauge of [devices, operations, hosts]) gauge.reset();
    for (const { kind, state, health, count } of census?.devices ?? [])
      devices.set({ kind, state, health }, count);
    for (const { state, count } of census?.operations ?? []) operations.set({ state }, count);
    for (const { state } of census?.hosts ?? []) hosts.inc({ state });
  };
}

/** How webhooks stand, by name: where they lead to is nobody's business who only looks at numbers. */
function webhookGauges(registers: Registry[]): (webhooks: readonly StoredWebhook[]) => void {
  const labelled = { labelNames: ['webhook'], registers };
  const enabled = new Gauge({
    name: 'cyborg_webhook_enabled',
    help: '1 while events are delivered to it, 0 when it is disabled.',
    ...labelled,
  });
  const failures = new Gauge({
    name: 'cyborg_webhook_failures',
    help: 'Attempts in a row that have failed.',
    ...labelled,
  });
  const since = new Gauge({
    name: 'cyborg_webhook_failing_since_seconds',
    help: 'Since when it fails, in seconds since the epoch; only while it does.',
    ...labelled,
  });
  const lost = new Counter({
    name: 'cyborg_webhook_events_lost_total',
    help: 'Events that it wanted and that were too old before they could be delivered.',
    ...labelled,
  });
  return (webhooks) => {
    for (const metric of [enabled, failures, since, lost]) metric.reset();
    for (const { name: webhook, state, failures: failed, failingSince, eventsLost } of webhooks) {
      enabled.set({ webhook }, state === 'enabled' ? 1 : 0);
      failures.set({ webhook }, failed);
      if (failingSince !== null) since.set({ webhook }, Date.parse(failingSince) / 1000);
      lost.inc({ webhook }, eventsLost);
    }
  };
}
