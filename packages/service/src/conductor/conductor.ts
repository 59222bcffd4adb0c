import type {
  Consumer,
  DeviceProfile,
  Fact,
  ProjectQuotas,
  ResourceClass,
  RuleFit,
  Trait,
  Uuid,
} from '@cyborgjs/core';
import type { EventEmitter } from 'eventemitter3';
import type { Logger } from 'pino';
import type { Bus } from '../bus/bus.ts';
import type { StoredAcceleratorRequest } from '../store/accelerator-request.ts';
import type { StoredAttachment } from '../store/attachment.ts';
import type { StoredAttribute } from '../store/attribute.ts';
import type { NewAuditRecord } from '../store/audit.ts';
import type { StoredDevice } from '../store/device.ts';
import type { StoredDeviceProfile } from '../store/device-profile.ts';
import type { NewEvent } from '../store/event.ts';
import type { StoredOperation } from '../store/operation.ts';
import type { Store } from '../store/store.ts';
import type { StoredImage } from '../store/uploaded-image.ts';
import type { Claims } from './claims.ts';
import type { ConductorSettings } from './conductor-settings.ts';
import type { Glance } from './glance.ts';
import type { ImageLibrary } from './image-library.ts';
import type { ImageSource } from './image-source.ts';
import type { Nova } from './nova.ts';
import type { AppendToImageRequest, CreateImageRequest } from './upload-image.ts';
import type { WebhookIntents } from './webhook.ts';

/** What a conductor needs from outside. */
export interface ConductorComponents {
  readonly store: Store;
  readonly bus: Bus;
  /** Null where there is no Nova to be told of bindings. */
  readonly nova: Nova | null;
  /** Null where there is no Glance to take images from. */
  readonly glance: Glance | null;
  /** Null where there is no Placement to be told of attachments. */
  readonly claims: Claims | null;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newId: () => Uuid;
  /** From 0 up to, not including, 1; spreads retries. */
  readonly random: () => number;
  /** For secrets. */
  readonly randomBytes: (size: number) => Buffer;
  /** Resolves after a pause in milliseconds, or at once when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Logger;
}

/** Who asks, and under which key the same request may come again. */
export interface Asker {
  /** Name of the user or service, shown as `requestedBy`. */
  readonly requestedBy: string;
  /**
   * The same asker, key and request give the operation that exists already; with another request it is
   * `idempotency.reused`.
   */
  readonly idempotencyKey?: string | undefined;
}

export interface DiscoverRequest extends Asker {
  readonly host: string;
  /** Left out: all drivers. */
  readonly driver?: string | undefined;
}

export interface DeviceRequest extends Asker {
  readonly device: string;
  /** Refuses with `version.changed` when the device has moved on. */
  readonly ifVersion?: number | undefined;
}

export interface InstallDeviceRequest extends DeviceRequest {
  /** Name of the layout wanted; left out: the driver's default. */
  readonly profile?: string | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
  /** Only find out what would be done: the device stays as it is. */
  readonly dryRun?: boolean | undefined;
  /** Milliseconds until it has failed; left out: that of the settings. */
  readonly deadlineMs?: number | undefined;
}

export interface RetryRequest extends Asker {
  readonly operation: string;
}

export interface ProgramDeployableRequest extends Asker {
  readonly deployable: string;
  readonly source: ImageSource;
  /** True: nothing is changed, and the result of the operation is the plan. */
  readonly dryRun?: boolean | undefined;
}

export interface CancelRequest extends Asker {
  readonly operation: string;
  readonly ifVersion?: number | undefined;
}

/** Limits of a project's own, by resource class; null leaves one to the configuration again. */
export interface SetQuotasRequest {
  readonly projectId: string;
  readonly limits: Readonly<Record<string, number | null>>;
  readonly requestedBy: string;
}

/** An accelerator for a consumer: by one of a device profile, a resource class and a deployable. */
export interface CreateAttachmentRequest extends Asker {
  readonly consumer: Pick<Consumer, 'type' | 'id'>;
  /** Project that it is for. */
  readonly projectId: string;
  readonly deviceProfile?: string | undefined;
  /** Index of the group of the profile, from 0; may be left out where the profile asks for one accelerator. */
  readonly group?: number | undefined;
  readonly resourceClass?: ResourceClass | undefined;
  /** Traits that it must have. */
  readonly traits?: readonly Trait[] | undefined;
  /** Id of a deployable. */
  readonly deployable?: string | undefined;
  /** Left out: anywhere. */
  readonly host?: string | undefined;
  /** Whether it must be one that can be plugged into a consumer that runs. */
  readonly hotplug?: boolean | undefined;
  /** Options of the driver. */
  readonly options?: Readonly<Record<string, string>> | undefined;
}

export interface DetachRequest {
  readonly attachment: string;
  /** The project that it must be of; null: any. */
  readonly onlyProject: string | null;
  /** Whether to detach it whoever holds it and whatever he does with it. */
  readonly force: boolean;
  readonly ifVersion?: number | undefined;
}

/** Whose accelerator requests somebody may touch: those of one project, or of all (null). */
export interface RequestScope {
  readonly requestedBy: string;
  readonly onlyProject: string | null;
}

export interface CreateRequestsRequest {
  readonly profileName: string;
  /** Project that they are for. */
  readonly projectId: string;
  readonly requestedBy: string;
}

/** What one accelerator request shall be bound to. */
export interface Binding {
  readonly id: Uuid;
  readonly host: string;
  readonly providerId: Uuid;
  readonly instanceId: Uuid;
  /** Left out: it stays in its project. */
  readonly projectId?: string | undefined;
}

export interface BindRequest extends RequestScope {
  readonly bindings: readonly Binding[];
}

export interface UnbindRequest extends RequestScope {
  readonly ids: readonly Uuid[];
}

export interface DeleteRequestsRequest extends RequestScope {
  /** By id; or all of a server. */
  readonly which: { readonly ids: readonly Uuid[] } | { readonly instanceId: Uuid };
  /** Whether requests may go that are for a server: only services may say so. */
  readonly evenServed: boolean;
}

/**
 * Everything an API can ask for. Each is stored, with the commands it leads to, in one transaction; it works in a
 * process whose conductor was never started. All throw `store.unavailable`.
 */
export interface ConductorIntents extends WebhookIntents {
  /** Asks an agent to look again. Throws `host.not_found`, `driver.not_found`. */
  requestDiscover(request: DiscoverRequest): Promise<StoredOperation>;
  /** Installs a device so that it can be given out. Throws `device.not_found`, `state.not_allowed`. */
  makeDeviceReady(request: InstallDeviceRequest): Promise<StoredOperation>;
  /** Takes a device back to where it was found. Throws `device.not_found`, `device.in_use`, `state.not_allowed`. */
  uninstallDevice(request: InstallDeviceRequest): Promise<StoredOperation>;
  /**
   * Opens or closes an installed device for new consumers; doing it twice changes nothing. Throws
   * `device.not_found`, `state.not_allowed`.
   */
  setDeviceEnabled(request: DeviceRequest & { readonly enabled: boolean }): Promise<StoredDevice>;
  /**
   * Programs the device of a deployable, once its image is known to be there; the same image again, while the device
   * is being programmed with it, is the operation that is under way. Throws `deployable.not_found`,
   * `image.not_found`, `image.unusable`, `image.unavailable`, `device.not_programmable`, `device.in_use`,
   * `device.being_programmed`, `state.not_allowed`.
   */
  programDeployable(request: ProgramDeployableRequest): Promise<StoredOperation>;
  /** Announces an image to upload. Throws `image.unusable`, `image.store_full`. */
  createImage(request: CreateImageRequest): Promise<StoredImage>;
  /**
   * Adds bytes behind those that have come; what came before an error is kept. Throws `image.not_found`,
   * `image.wrong_offset`, `image.unusable`.
   */
  appendToImage(request: AppendToImageRequest): Promise<StoredImage>;
  /** Throws `image.not_found`. */
  deleteImage(id: string): Promise<void>;
  /**
   * Asks anew for what an operation did not do, as it was asked for. Throws `operation.not_found`,
   * `operation.not_retryable`, and what the intent itself throws.
   */
  retryOperation(request: RetryRequest): Promise<StoredOperation>;
  /** Asks for the end of an operation; one that has ended is returned as it is. Throws `operation.not_found`. */
  cancelOperation(request: CancelRequest): Promise<StoredOperation>;
  /** Throws `device_profile.exists`. The groups are taken as valid. */
  createDeviceProfile(
    profile: Pick<DeviceProfile, 'name' | 'description' | 'groups'> & { readonly id?: Uuid | undefined },
  ): Promise<StoredDeviceProfile>;
  /** Removes all or none. Throws `device_profile.not_found`, `device_profile.in_use`. */
  deleteDeviceProfiles(ids: readonly Uuid[]): Promise<void>;
  /**
   * Makes one request per accelerator that the profile asks for, in the order of its groups; all or none. Throws
   * `device_profile.not_found`, `quota.exceeded`.
   */
  createAcceleratorRequests(request: CreateRequestsRequest): Promise<readonly StoredAcceleratorRequest[]>;
  /**
   * Binds all of the requests or none. Those whose handles have to be prepared are `BindStarted` afterwards, the
   * others `Bound`. Throws `accelerator_request.not_found`, `accelerator_request.instance_served`,
   * `accelerator_request.wrong_host`, `deployable.not_found`, `state.not_allowed`: nothing has changed then; and
   * `attach_handle.none_free`: all of them are `BindFailed` then.
   */
  bindAcceleratorRequests(request: BindRequest): Promise<void>;
  /** Frees what the requests hold; doing it twice changes nothing. Throws `accelerator_request.not_found`. */
  unbindAcceleratorRequests(request: UnbindRequest): Promise<void>;
  /**
   * Frees what the requests hold and removes them. By id: those that are there go, and `accelerator_request.not_found`
   * names the first of the others. Throws `accelerator_request.service_only`.
   */
  deleteAcceleratorRequests(request: DeleteRequestsRequest): Promise<void>;
  /**
   * Gives a consumer an accelerator. Throws `attachment.nothing_fits`, `attachment.ambiguous`,
   * `device_profile.not_found`, `deployable.not_found`, `host.not_found`, `idempotency.reused`.
   */
  createAttachment(request: CreateAttachmentRequest): Promise<StoredAttachment>;
  /** Takes it back; one that is detached stays as it is. Throws `attachment.not_found`, `version.changed`. */
  detachAttachment(request: DetachRequest): Promise<StoredAttachment>;
  /** Adds an attribute until the next report of the driver. Throws `deployable.not_found`. */
  createAttribute(attribute: {
    readonly deployableNumber: number;
    readonly key: string;
    readonly value: string;
  }): Promise<StoredAttribute>;
  /** Throws `attribute.not_found`. */
  deleteAttribute(id: string): Promise<void>;
  /** How a project stands with every resource class that is limited or used. */
  projectQuotas(projectId: string): Promise<ProjectQuotas>;
  /** The rules that make devices ready, and how many devices each of them is for. */
  examineRules(): Promise<readonly RuleFit[]>;
  /** Sets limits of a project's own. */
  setQuotas(request: SetQuotasRequest): Promise<void>;
  /**
   * The same intents, each of which keeps, together with what it changes, who asked for it. `onStored` is called when
   * that is stored.
   */
  recordedAs(record: NewAuditRecord, onStored: () => void): ConductorIntents;
  /** Stores how a request ended; for those that changed nothing, or ended otherwise than `recordedAs` foresaw. */
  recordRequest(record: NewAuditRecord): Promise<void>;
}

/** What happens in this process, for observers; no work depends on it, and other processes have their own. */
export interface ConductorEvents {
  event: (event: NewEvent) => void;
}

/** The conductor: takes facts in, sends commands out, and sees every operation to its end. Any number may run. */
export interface Conductor extends ConductorIntents {
  readonly events: EventEmitter<ConductorEvents>;
  /** Takes one fact in; applying it twice changes nothing. */
  applyFact(fact: Fact): Promise<void>;
  /** Listens to the bus and starts the workers. */
  start(): Promise<void>;
  /** Stops taking on work and waits for what is in hand. */
  stop(): Promise<void>;
}

/** Parts of a conductor share its components and settings. */
export interface ConductorContext extends ConductorComponents {
  readonly settings: ConductorSettings;
  /** Where images for programmable devices come from. */
  readonly images: ImageLibrary;
}
