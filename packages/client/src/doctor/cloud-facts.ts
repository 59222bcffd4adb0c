import type { Device, Diagnosis, Host, HostDriver, Operation, Webhook } from '@cyborgjs/core';

/** What a doctor looks at, all of it already read. */
export interface CloudFacts {
  readonly diagnosis: Diagnosis;
  /** Milliseconds by which the clock here is ahead of the service's; half the way of the question is allowed for. */
  readonly skewMs: number;
  /** Version of this command. */
  readonly clientVersion: string;
  /** Null when the caller may not see them. */
  readonly hosts: readonly Host[] | null;
  readonly drivers: readonly HostDriver[] | null;
  readonly devices: readonly Device[] | null;
  /** Those that have not begun. */
  readonly pending: readonly Operation[] | null;
  readonly webhooks: readonly Webhook[] | null;
  /** Milliseconds since the epoch, by the service's clock. */
  readonly now: number;
}
