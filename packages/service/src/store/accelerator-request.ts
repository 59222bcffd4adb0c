import type { AcceleratorRequestState, DeviceProfileGroup, Uuid } from '@cyborgjs/core';
import type { StoredHandle } from './deployable.ts';

/** One accelerator asked for by Nova, with what it is bound to. */
export interface StoredAcceleratorRequest {
  readonly id: Uuid;
  /** Null for requests that came from a Cyborg that did not know projects: only administrators see them. */
  readonly projectId: string | null;
  readonly state: AcceleratorRequestState;
  readonly deviceProfileId: Uuid;
  readonly deviceProfileName: string;
  /** Index of its group in the profile, from 0. */
  readonly groupIndex: number;
  readonly resourceClass: string | null;
  readonly host: string | null;
  /** Resource provider that Nova has chosen. */
  readonly providerId: string | null;
  /** Server that it is for. */
  readonly instanceId: string | null;
  /** The operation that prepares what it is bound to; null where nothing has to be prepared. */
  readonly operationId: Uuid | null;
  /** Why it could not be bound. */
  readonly failure: string | null;
  readonly handle: Pick<StoredHandle, 'uuid' | 'type' | 'info'> | null;
  readonly createdAt: string;
  readonly updatedAt: string | null;
}

/** What decides about a request, with what its profile says of it. */
export interface RequestWithGroup
  extends Pick<
    StoredAcceleratorRequest,
    'id' | 'state' | 'host' | 'providerId' | 'instanceId' | 'operationId'
  > {
  readonly handle: Pick<StoredHandle, 'uuid' | 'type'> | null;
  /** Undefined where its profile has no such group. */
  readonly group: DeviceProfileGroup | undefined;
}

export interface AcceleratorRequestQuery {
  /** Left out: of all projects. */
  readonly projectId?: string | undefined;
  readonly instanceId?: string | undefined;
  readonly operationId?: string | undefined;
  readonly ids?: readonly string[] | undefined;
}

/** A server that requests are for, and since when none of these has changed (milliseconds since the epoch). */
export interface ServedInstance {
  readonly instanceId: string;
  readonly quietSince: number;
}

/** What can be asked about accelerator requests. */
export interface AcceleratorRequestReads {
  /** In the order in which they were made, in one statement. */
  list(query?: AcceleratorRequestQuery): Promise<readonly StoredAcceleratorRequest[]>;
  /** In the same order, what decides about them. */
  listWithGroups(query: AcceleratorRequestQuery): Promise<readonly RequestWithGroup[]>;
  find(id: string): Promise<StoredAcceleratorRequest | undefined>;
  /** Those among some servers that requests are for. */
  servedAmong(instanceIds: readonly string[]): Promise<readonly string[]>;
  /** Servers that requests are for, by id, those after a given one first. */
  listInstances(after: string, limit: number): Promise<readonly ServedInstance[]>;
  /** Ids of requests that are for no server, and were left alone since a moment. */
  unboundSince(before: number, limit: number): Promise<readonly Uuid[]>;
}

/** A request to store; it starts `Initial`. */
export type NewAcceleratorRequest = Pick<
  StoredAcceleratorRequest,
  'id' | 'projectId' | 'deviceProfileId' | 'deviceProfileName' | 'groupIndex' | 'resourceClass'
>;

/** What may change of a request; what is left out stays. */
export type AcceleratorRequestChanges = Partial<
  Pick<
    StoredAcceleratorRequest,
    'projectId' | 'state' | 'host' | 'providerId' | 'instanceId' | 'operationId' | 'failure'
  >
>;

/** What a transaction can do to accelerator requests. Whoever changes some holds them first. */
export interface AcceleratorRequestWrites {
  /** Stores requests, and tells them as they then are. */
  insert(requests: readonly NewAcceleratorRequest[]): Promise<readonly StoredAcceleratorRequest[]>;
  /**
   * Holds the requests until the end of the transaction, and tells them as they then are and stay. Hold the host first
   * where one is needed too; and change whatever of them the decision is about, for on Galera nothing but writes
   * conflicts with a transaction on another node.
   */
  hold(query: AcceleratorRequestQuery): Promise<readonly RequestWithGroup[]>;
  update(ids: readonly Uuid[], changes: AcceleratorRequestChanges): Promise<void>;
  remove(ids: readonly Uuid[]): Promise<void>;
}
