import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type AuthProvider, createSession, type RetryPolicy } from '@cyborgjs/openstack-session';
import { type Attachments, createAttachments } from './attachments.ts';
import { type Audit, createAudit } from './audit.ts';
import { createCallApi, serviceType } from './call-api.ts';
import { createDeployables, type Deployables } from './deployables.ts';
import { createDeviceProfiles, type DeviceProfiles } from './device-profiles.ts';
import { createDevices, type Devices } from './devices.ts';
import { createDiagnosis, type ReadDiagnosis } from './diagnosis.ts';
import { createDrivers, type Drivers } from './drivers.ts';
import { createFlavors, type Flavors } from './flavors.ts';
import { createHosts, type Hosts } from './hosts.ts';
import { createImages, type Images } from './images.ts';
import { createOperations, type Operations } from './operations.ts';
import { createQuotas, type Quotas } from './quotas.ts';
import { staticToken } from './static-token.ts';
import { createStats, type Stats } from './stats.ts';
import { createWebhooks, type Webhooks } from './webhooks.ts';

/** How a connection is tuned. */
export interface CyborgClientOptions {
  /** Where the service is, with the path in front of `/v3` if there is one: `http://127.0.0.1:6666`. */
  readonly endpoint: string | URL;
  /**
   * Who calls: the holder of a fixed token, or any provider of openstack-session, as `keystonePassword`. Without
   * it no token is sent.
   */
  readonly auth?: { readonly token: string } | AuthProvider;
  /** For one call, repeats included; default 60 000. */
  readonly timeoutMs?: number;
  /** How calls without an answer are repeated; the session's own policy when it is not said. */
  readonly retry?: RetryPolicy;
  /** Makes idempotency keys and request ids; random UUIDs by default. */
  readonly newId?: () => string;
  /** Sent as `User-Agent`. */
  readonly userAgent?: string;
}

/** The API of a Cyborg service, one property per noun. Every answer is checked against the schemas of core. */
export interface CyborgClient {
  readonly hosts: Hosts;
  readonly drivers: Drivers;
  readonly devices: Devices;
  readonly stats: Stats;
  readonly deployables: Deployables;
  readonly images: Images;
  readonly operations: Operations;
  readonly quotas: Quotas;
  readonly audit: Audit;
  readonly deviceProfiles: DeviceProfiles;
  readonly flavors: Flavors;
  /** Who the service takes the caller for, and how the services answer that it needs. */
  readonly diagnose: ReadDiagnosis;
  readonly attachments: Attachments;
  readonly webhooks: Webhooks;
  /** Closes the connections. */
  close(): Promise<void>;
}

/**
 * Connects to a Cyborg service; nothing is sent before the first call.
 *
 * @example
 * const cyborg = createCyborgClient({
 *   endpoint: 'http://127.0.0.1:6666',
 *   auth: { token: process.env.CYBORG_TOKEN ?? '' },
 * });
 * for await (const device of cyborg.devices.list({ state: 'discovered' })) {
 *   const operation = await cyborg.devices.ready(device.id);
 *   const ended = await cyborg.operations.wait(operation.id);
 *   console.log(device.model, ended.state);
 * }
 * await cyborg.close();
 */
export function createCyborgClient(options: CyborgClientOptions): CyborgClient {
  const { auth, newId = randomUUID, userAgent = 'cyborgjs-client', timeoutMs, retry } = options;
  const endpoint = new URL(options.endpoint);
  const session = createSession({
    auth: auth === undefined || 'token' in auth ? staticToken(auth?.token) : auth,
    endpointOverrides: { [serviceType]: endpoint.href },
    newId,
    userAgent,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(retry === undefined ? {} : { retry }),
  });
  const init = { callApi: createCallApi(session, endpoint), newId };
  const sleep = (ms: number, signal: AbortSignal | undefined) => pause(ms, undefined, { signal });
  return {
    hosts: createHosts(init),
    drivers: createDrivers(init),
    devices: createDevices(init),
    stats: createStats(init),
    deployables: createDeployables(init),
    images: createImages(init),
    operations: createOperations(init, sleep),
    attachments: createAttachments(init, sleep),
    webhooks: createWebhooks(init),
    quotas: createQuotas(init),
    audit: createAudit(init),
    deviceProfiles: createDeviceProfiles(init),
    flavors: createFlavors(init),
    diagnose: createDiagnosis(init),
    close: () => session.close(),
  };
}
