import type { DiscoveredDevice } from '@cyborgjs/core';
import type { AttachStatus } from '../driver.ts';
import type { AttachmentEntry } from './attachment-entry.ts';

/**
 * Where the handle of an entry is now. `here`: still on the device that it was given out on. `elsewhere`: its id now
 * names a part of another device. `absent`: nothing has that id. `unknown`: that cannot be told at the moment.
 */
export type HandleHome = 'here' | 'elsewhere' | 'absent' | 'unknown';

/** How an entry that an earlier process or boot has left is closed. */
export type AttachmentClosing =
  /** It stays held; what the machine shows is noted. */
  | 'keep'
  /** There is nothing of it on the machine. */
  | 'drop'
  /** All of it is there: the driver is asked to attach once more, which changes nothing, for its answer. */
  | 'attach'
  /** What is there of it is undone. */
  | 'detach';

/**
 * By the truth of the machine, not by belief. What was attached stays its holder's also when the machine shows it
 * otherwise, after a reboot or with the card gone: only whoever gave it out knows whether it is still wanted.
 */
export function closeAttachment(
  { state }: Pick<AttachmentEntry, 'state'>,
  home: HandleHome,
  seen: AttachStatus | null,
): AttachmentClosing {
  if (home === 'elsewhere') return 'drop';
  if (home === 'unknown' || seen === null || state === 'attached') return 'keep';
  if (seen === 'detached') return 'drop';
  return state === 'attaching' && seen === 'attached' && home === 'here' ? 'attach' : 'detach';
}

/**
 * Looks an entry's handle up among what its driver has found; undefined when that could not be asked. Within one
 * boot addresses stay, so that what cannot be told then is taken as unchanged.
 */
export function homeOfHandle(
  { device, handle }: Pick<AttachmentEntry, 'device' | 'handle'>,
  found: readonly DiscoveredDevice[] | undefined,
  isSameBoot: boolean,
): HandleHome {
  const untold = isSameBoot ? 'here' : 'unknown';
  if (found === undefined) return untold;
  const owner = found.find(({ deployables }) =>
    deployables.some(({ handles }) => handles.some(({ id }) => id === handle.id)),
  );
  if (owner === undefined) return 'absent';
  if (owner.identity === device.identity) return 'here';
  if (owner.identity !== null) return 'elsewhere';
  // A card that has no readable identity goes by its address, here as in the agent.
  return device.identity === `at:${owner.address}` ? 'here' : untold;
}
