import type { DiscoveredDevice } from '@cyborgjs/core';
import type { AttachStatus, DeviceReference } from '../driver.ts';
import { toDriverFailure } from '../driver-error.ts';
import type { AskDriver } from './ask-driver.ts';
import { type AttachmentEntry, requestOf } from './attachment-entry.ts';
import type { AttachmentJournal } from './attachment-journal.ts';
import { closeAttachment, type HandleHome, homeOfHandle } from './close-attachment.ts';
import { detachLeft } from './move-attachment.ts';

interface ReplayContext {
  readonly journal: AttachmentJournal;
  readonly ask: AskDriver;
  /** Resolves with the release of the device. */
  readonly takeTurn: (device: DeviceReference) => Promise<() => void>;
}

/**
 * Closes what earlier processes and boots have left of one driver's attachments, by what the machine shows. One that
 * cannot be closed stays, with the reason, and keeps none of the others back.
 */
export async function replayAttachments(context: ReplayContext): Promise<void> {
  const { journal, ask, takeTurn } = context;
  const left = await journal.entries();
  if (left.length === 0) return;
  const isUnsure = ({ state, bootId }: AttachmentEntry) => state !== 'attached' || bootId !== journal.bootId;
  const found = left.some(isUnsure) ? await ask('discover', {}).catch(() => undefined) : undefined;
  for (const { device, handle } of left) {
    const release = await takeTurn(device);
    try {
      const standing = await journal.standing(handle.id);
      if (typeof standing !== 'string') await close(standing, found, context);
    } finally {
      release();
    }
  }
}

async function close(
  entry: AttachmentEntry,
  found: readonly DiscoveredDevice[] | undefined,
  { journal, ask }: ReplayContext,
): Promise<void> {
  const home = homeOfHandle(entry, found, entry.bootId === journal.bootId);
  const current = { ...entry, device: deviceNow(entry.device, found) };
  const { seen, complaint } = await statusOf(current, ask);
  switch (closeAttachment(entry, home, seen)) {
    case 'drop':
      return journal.remove(entry.handle.id);
    case 'keep': {
      const place = home === 'here' ? { bootId: journal.bootId, device: current.device } : {};
      await journal.change(entry, { ...place, seen, trouble: complaint ?? troubleOf(entry, home, seen) });
      return;
    }
    case 'attach':
      return attachAgain(current, { journal, ask });
    case 'detach':
      return detachLeft(journal, await journal.change(current, { state: 'detaching', seen }), ask);
  }
}

async function attachAgain(
  entry: AttachmentEntry,
  { journal, ask }: Pick<ReplayContext, 'journal' | 'ask'>,
): Promise<void> {
  try {
    await journal.attached(entry, await ask('attach', requestOf(entry)));
  } catch (error) {
    await journal.change(entry, { seen: 'attached', trouble: toDriverFailure(error).message });
  }
}

async function statusOf(
  entry: AttachmentEntry,
  ask: AskDriver,
): Promise<{ readonly seen: AttachStatus | null; readonly complaint: string | null }> {
  try {
    return { seen: await ask('status', requestOf(entry)), complaint: null };
  } catch (error) {
    return { seen: null, complaint: `its driver could not say: ${toDriverFailure(error).message}` };
  }
}

/** Where a device is now, which may have another address since. */
function deviceNow(
  device: DeviceReference,
  found: readonly DiscoveredDevice[] | undefined,
): AttachmentEntry['device'] {
  const address = found?.find(({ identity }) => identity === device.identity)?.address;
  return { identity: device.identity, address: address ?? device.address };
}

function troubleOf({ state }: AttachmentEntry, home: HandleHome, seen: AttachStatus | null): string | null {
  if (home === 'unknown') return 'whether its handle is still a part of its device cannot be told';
  if (home === 'absent') return 'nothing on this machine has its handle';
  if (state === 'attached' && seen !== 'attached')
    return `the machine shows it ${seen}: attach it again, or detach it`;
  return null;
}
