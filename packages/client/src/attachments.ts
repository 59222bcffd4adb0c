import { Attachment, type AttachmentState, type Consumer } from '@cyborgjs/core';
import type { CallOptions } from './call-api.ts';
import { type ListOptions, paginate } from './paginate.ts';
import { type PollOptions, pollUntil } from './poll-until.ts';
import { type IntentOptions, type NounInit, postIntent } from './post-intent.ts';

/** Which attachments to list; all conditions must hold. */
export interface AttachmentFilter {
  readonly state?: AttachmentState;
  readonly host?: string;
  /** Id of a device. */
  readonly device?: string;
  /** Id of a consumer. */
  readonly consumer?: string;
  readonly consumerType?: Consumer['type'];
}

/** An accelerator for a consumer: say one of `deviceProfile`, `resourceClass` and `deployable`. */
export interface WantedAttachment {
  readonly consumer: Pick<Consumer, 'type' | 'id'>;
  readonly deviceProfile?: string;
  /** Index of the group of the profile, from 0, where it asks for more than one accelerator. */
  readonly group?: number;
  readonly resourceClass?: string;
  /** Traits that it must have. */
  readonly traits?: readonly string[];
  /** Id of a deployable. */
  readonly deployable?: string;
  /** Left out: anywhere. */
  readonly host?: string;
  /** Whether it must be one that can be plugged into a consumer that runs. */
  readonly hotplug?: boolean;
  /** Options of the driver. */
  readonly options?: Readonly<Record<string, string>>;
}

export interface DetachOptions extends CallOptions {
  /** Detach it whoever holds it; otherwise it waits until the consumer lets go. */
  readonly force?: boolean;
}

/** Attachments: accelerators given to consumers directly. */
export interface Attachments {
  list(filter?: AttachmentFilter, options?: ListOptions): AsyncIterable<Attachment>;
  /** Rejects with `attachment.not_found`. */
  get(id: string, options?: CallOptions): Promise<Attachment>;
  /** Begins to attach; the work goes on after the answer. Rejects with `attachment.nothing_fits`. */
  create(wanted: WantedAttachment, options?: IntentOptions): Promise<Attachment>;
  /** Begins to take it back; the work goes on after the answer. */
  detach(id: string, options?: DetachOptions): Promise<Attachment>;
  /** Resolves when nothing is being done to it any more, well or not: look at its `state`. */
  settled(id: string, options?: PollOptions<Attachment>): Promise<Attachment>;
}

const unsettled: readonly AttachmentState[] = ['requested', 'attaching', 'detaching'];

/** The attachments behind a connection; `sleep` is the pause between two looks. */
export function createAttachments(
  init: NounInit,
  sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>,
): Attachments {
  const { callApi } = init;
  const pathOf = (id: string) => `/v3/attachments/${encodeURIComponent(id)}`;
  const get = (id: string, options?: CallOptions) =>
    callApi({ method: 'GET', path: pathOf(id), answer: Attachment, ...options });
  return {
    list: (filter = {}, options = {}) =>
      paginate(callApi, { path: '/v3/attachments', item: Attachment, filter: { ...filter }, options }),
    get,
    create: (wanted, options) =>
      postIntent(init, { path: '/v3/attachments', body: { ...wanted }, answer: Attachment }, options),
    detach: (id, { force = false, ...call } = {}) =>
      callApi({
        method: 'DELETE',
        path: pathOf(id),
        query: { force: String(force) },
        answer: Attachment,
        ...call,
      }),
    settled: (id, options = {}) => {
      const isDone = ({ state }: Attachment) => !unsettled.includes(state);
      return pollUntil({ look: (call) => get(id, call), isDone, sleep }, { pollMs: 500, ...options });
    },
  };
}
