import { isDeepStrictEqual } from 'node:util';
import type { AttachRequest, Consumer } from '../driver.ts';
import { DriverError } from '../driver-error.ts';
import { type AttachmentEntry, holderName } from './attachment-entry.ts';

/** What the journal has of a handle: its entry, nothing, or a record that cannot be read. */
export type Standing = AttachmentEntry | 'nothing' | 'unreadable';

/** What is asked of a handle. */
export interface AttachmentAsked {
  readonly verb: 'attach' | 'detach';
  readonly request: AttachRequest;
  /** Detach, whoever holds it. */
  readonly force: boolean;
}

/**
 * What is to be done. `begin`: the entry is written as `attaching`, then the driver asked. `repeat`: the driver is
 * asked again, the entry stays `attached` whatever comes of it. `end`: written as `detaching`, then asked to detach.
 * `end-begin`: that, and then `begin`. The other two are refusals.
 */
export type AttachmentStep = 'begin' | 'repeat' | 'end' | 'end-begin' | 'conflict' | 'in_use';

type State = AttachmentEntry['state'] | 'nothing' | 'unreadable';
/** `same`: holder and terms are those of the entry; `terms`: the holder wants it otherwise; `other`: not the holder. */
type Relation = 'same' | 'terms' | 'other';

const attachSteps: Readonly<Record<State, Readonly<Record<Relation, AttachmentStep>>>> = {
  nothing: { same: 'begin', terms: 'begin', other: 'begin' },
  // Nobody was ever told that he has it, so whoever asks now may get it; what was half done is undone first.
  attaching: { same: 'begin', terms: 'end-begin', other: 'end-begin' },
  attached: { same: 'repeat', terms: 'conflict', other: 'in_use' },
  // Its holder has given it up.
  detaching: { same: 'end-begin', terms: 'end-begin', other: 'end-begin' },
  unreadable: { same: 'in_use', terms: 'in_use', other: 'in_use' },
};

const detachSteps: Readonly<Record<State, Readonly<Record<Relation, AttachmentStep>>>> = {
  nothing: { same: 'end', terms: 'end', other: 'end' },
  attaching: { same: 'end', terms: 'end', other: 'in_use' },
  attached: { same: 'end', terms: 'end', other: 'in_use' },
  detaching: { same: 'end', terms: 'end', other: 'in_use' },
  // Nobody here knows whose it was; who asks does.
  unreadable: { same: 'end', terms: 'end', other: 'end' },
};

/** The step for what is asked of a handle that stands so. */
export function decideAttachment(standing: Standing, asked: AttachmentAsked): AttachmentStep {
  const state = typeof standing === 'string' ? standing : standing.state;
  const relation = typeof standing === 'string' ? 'other' : relationOf(standing, asked.request);
  if (asked.verb === 'attach') return attachSteps[state][relation];
  return asked.force ? 'end' : detachSteps[state][relation];
}

/** A handle that has moved to another device is not what its holder was given. */
function relationOf(entry: AttachmentEntry, { device, consumer, options }: AttachRequest): Relation {
  if (!isSameHolder(entry.consumer, consumer) || entry.device.identity !== device.identity) return 'other';
  const isSame = entry.consumer.via === consumer.via && isDeepStrictEqual(entry.options, { ...options });
  return isSame ? 'same' : 'terms';
}

const isSameHolder = (one: Consumer, other: Consumer): boolean =>
  one.type === other.type && one.id === other.id;

/** The refusal, naming the holder and the way out. */
export function attachmentRefusal(
  step: 'conflict' | 'in_use',
  standing: Standing,
  { verb, request: { handle } }: AttachmentAsked,
): DriverError {
  const device = handle.id;
  if (typeof standing === 'string')
    return new DriverError('in_use', `${handle.id} is held, and the record of who holds it cannot be read`, {
      device,
      hint: 'Detach it for whoever holds it by what the service knows; then it is free.',
    });
  const holder = holderName(standing.consumer);
  if (step === 'conflict')
    return new DriverError('conflict', `${handle.id} is attached to ${holder} with other options`, {
      device,
      hint: `It has ${JSON.stringify(standing.options)}: ask with these, or detach it first.`,
    });
  const relation = standing.state === 'attached' ? 'is attached to' : `is ${standing.state}, for`;
  const hint =
    verb === 'attach'
      ? 'Detach it there first.'
      : 'Only its holder detaches it; when that one is gone for good, detach it by force.';
  return new DriverError('in_use', `${handle.id} ${relation} ${holder}`, { device, hint });
}
