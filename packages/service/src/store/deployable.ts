import type {
  AttachHandle,
  Deployable,
  DiscoveredHandle,
  Page,
  ResourceClass,
  Trait,
  Uuid,
} from '@cyborgjs/core';
import type { StoredAttribute } from './attribute.ts';
import type { ListQuery } from './list-query.ts';

/** Who holds an attach handle: one accelerator request or one attachment. */
export interface HandleHolder {
  readonly kind: 'accelerator_request' | 'attachment';
  readonly id: Uuid;
}

/** An attach handle with what only the conductor needs. */
export interface StoredHandle extends AttachHandle {
  /** Our own id for it; `id` is the driver's. */
  readonly uuid: Uuid;
  /** False when it is no longer reported and kept only because it is held. */
  readonly present: boolean;
  readonly holder: HandleHolder | null;
}

/** A deployable with what `/v2` and the conductor need. */
export interface StoredDeployable extends Deployable {
  /** The whole number by which `/v2` knows it. */
  readonly number: number;
  readonly deviceId: Uuid;
  /** Number of its device. */
  readonly deviceNumber: number;
  readonly host: string;
  readonly driver: string;
  /** False when it is no longer reported and kept only because something holds it. */
  readonly present: boolean;
  readonly handles: StoredHandle[];
  /** Image of Glance that it was last programmed with; null where that is not known. */
  readonly bitstreamId: string | null;
  /** By number, ascending: `rc`, `trait0`, … and those an operator has added. */
  readonly attributes: StoredAttribute[];
  readonly createdAt: string;
  readonly updatedAt: string | null;
}

export interface DeployableQuery extends ListQuery {
  readonly deviceId?: string | undefined;
  readonly host?: string | undefined;
  readonly name?: string | undefined;
  readonly number?: number | undefined;
}

/** A handle that is held, and where it is. */
export interface HeldHandle {
  readonly uuid: Uuid;
  /** The driver's id. */
  readonly id: string;
  readonly type: AttachHandle['type'];
  readonly holder: HandleHolder;
  readonly deviceId: Uuid;
  readonly host: string;
}

/** A handle that can be given out. */
export type FreeHandle = Pick<HeldHandle, 'uuid' | 'id' | 'type'>;

/** A handle, and whoever is to hold it. */
export interface HandleWish {
  readonly uuid: Uuid;
  readonly holderId: Uuid;
}

/** Where the handles of a resource provider are. */
export interface ProvidedDeployable {
  readonly id: Uuid;
  readonly providerId: Uuid;
  readonly host: string;
  readonly deviceId: Uuid;
  /** The operation that is programming its device now. */
  readonly programming: Uuid | null;
  /** What nobody holds, by number; true as long as the host is held. */
  readonly free: readonly FreeHandle[];
}

/** A deployable of which something may be free. */
export interface OpenDeployable {
  readonly id: Uuid;
  readonly deviceId: Uuid;
  readonly host: string;
  readonly providerId: Uuid | null;
  readonly resourceClass: ResourceClass;
  readonly traits: readonly Trait[];
}

export interface OpenDeployableQuery {
  readonly resourceClass?: string | undefined;
  readonly host?: string | undefined;
  readonly id?: string | undefined;
}

/** A handle that somebody holds on a host, and where its agent finds it. */
export interface HolderOnHost extends HeldHandle {
  readonly driver: string;
  /** Identity and address of its device. */
  readonly target: { readonly identity: string; readonly address: string };
}

/** What can be asked about deployables. */
export interface DeployableReads {
  /** By number, ascending; the marker is an id. */
  list(query?: DeployableQuery): Promise<Page<StoredDeployable>>;
  find(id: string): Promise<StoredDeployable | undefined>;
  /** Throws `deployable.not_found`. */
  get(id: string): Promise<StoredDeployable>;
  /** The deployables of some resource providers, in one statement; unknown ones are left out. */
  ofProviders(providerIds: readonly string[]): Promise<readonly ProvidedDeployable[]>;
  /** What some holders of one kind hold, in one statement. */
  held(kind: HandleHolder['kind'], holderIds: readonly string[]): Promise<readonly HeldHandle[]>;
  /** Deployables with a free handle, of devices that are given out now, by number. */
  listOpen(query: OpenDeployableQuery): Promise<readonly OpenDeployable[]>;
  /** Every handle of a host that somebody holds. */
  heldOn(host: string): Promise<readonly HolderOnHost[]>;
  /** Handles held by accelerator requests that are not there or in none of some states. */
  heldAstray(states: readonly string[], limit: number): Promise<readonly HeldHandle[]>;
}

/** A deployable to store, without its handles. */
export interface NewDeployable {
  readonly id: Uuid;
  readonly deviceId: Uuid;
  readonly name: string;
  readonly resourceClass: ResourceClass;
  readonly traits: readonly Trait[];
  readonly total: number;
}

/** What may change of a deployable; what is left out stays. */
export interface DeployableChanges {
  readonly name?: string;
  readonly resourceClass?: ResourceClass;
  readonly traits?: readonly Trait[];
  readonly total?: number;
  readonly present?: boolean;
  readonly bitstreamId?: string | null;
}

/** What may change of a handle; what is left out stays, its holder always. */
export interface HandleChanges extends Partial<Pick<StoredHandle, 'id' | 'type' | 'info' | 'present'>> {
  readonly deployableId?: Uuid;
}

/** What a transaction can do to deployables and their handles; hold the host first. */
export interface DeployableWrites {
  insert(deployables: readonly NewDeployable[]): Promise<void>;
  update(id: Uuid, changes: DeployableChanges): Promise<void>;
  remove(ids: readonly Uuid[]): Promise<void>;
  /** Sets the provider of each deployable of a host by name; those not named have none. Tells how many changed. */
  setProviders(host: string, providerByName: ReadonlyMap<string, Uuid>): Promise<number>;
  insertHandles(handles: readonly (DiscoveredHandle & { readonly deployableId: Uuid })[]): Promise<void>;
  updateHandle(uuid: Uuid, changes: HandleChanges): Promise<void>;
  removeHandles(uuids: readonly Uuid[]): Promise<void>;
  /**
   * Gives a handle to a holder in one statement; false when it is held or not there. Throws `store.conflict` when
   * the holder holds another.
   */
  holdHandle(uuid: Uuid, holder: HandleHolder): Promise<boolean>;
  /**
   * Gives some handles to holders of one kind, in one statement. The transaction fails when one of them is not free any
   * more, which cannot be while the host is held.
   */
  holdHandles(kind: HandleHolder['kind'], wishes: readonly HandleWish[]): Promise<void>;
  /**
   * Gives any free handle of a deployable to a holder, and tells which; undefined where none is free. Throws
   * `store.conflict` when the holder holds another. Hold the host first, or one that is just coming free is missed.
   */
  holdFreeHandle(deployableId: Uuid, holder: HandleHolder): Promise<FreeHandle | undefined>;
  /** Takes back whatever several holders of one kind hold, in one statement. */
  releaseHandles(kind: HandleHolder['kind'], holderIds: readonly Uuid[]): Promise<void>;
  /** Takes back whatever a holder holds; tells whether it held anything. */
  releaseHandle(holder: HandleHolder): Promise<boolean>;
}
