import type { DriverFailure } from '@cyborgjs/core';
import type { AttachmentInfo } from '../driver.ts';
import { toDriverFailure } from '../driver-error.ts';
import type { AskDriver } from './ask-driver.ts';
import { type AttachmentEntry, requestOf } from './attachment-entry.ts';
import type { AttachmentJournal } from './attachment-journal.ts';
import type { AttachmentAsked, AttachmentStep, Standing } from './decide-attachment.ts';

/** An attach or detach that has been admitted. */
export interface AttachmentMove {
  readonly asked: AttachmentAsked;
  readonly standing: Standing;
  readonly step: Exclude<AttachmentStep, 'conflict' | 'in_use'>;
}

interface MoveContext {
  readonly journal: AttachmentJournal;
  /** Asks within the bounds of the call. */
  readonly ask: AskDriver;
  /** Takes what is to be done after the failure has been told, while the device is still held. */
  readonly later: (work: (ask: AskDriver) => Promise<void>) => void;
}

/**
 * Does it, with its entry on disk before the driver is first asked and after it was last. After a failure the entry
 * says what may be left: an attach that is not to be tried again is undone, one that is stays its owner's, unless
 * the machine shows nothing of it.
 */
export async function moveAttachment(
  move: AttachmentMove,
  context: MoveContext,
): Promise<AttachmentInfo | undefined> {
  switch (move.step) {
    case 'begin':
      return begin(move, context);
    case 'repeat':
      return repeat(move, context);
    case 'end':
      return end(move, context);
    case 'end-begin':
      await end(move, context);
      return begin(move, context);
  }
}

async function begin({ asked }: AttachmentMove, context: MoveContext): Promise<AttachmentInfo> {
  const { journal, ask, later } = context;
  const entry = await journal.begin('attaching', asked.request);
  try {
    const info = await ask('attach', asked.request);
    await journal.attached(entry, info);
    return info;
  } catch (error) {
    const failure = toDriverFailure(error);
    const isOver = failure.retry === 'never';
    const state = isOver ? 'detaching' : 'attaching';
    const left = await journal.change(entry, { state, trouble: failure.message });
    later((askAlone) =>
      isOver ? undo(journal, left, askAlone) : look(journal, left, { ask: askAlone, failure }),
    );
    throw error;
  }
}

/** What is attached stays so, however the repetition ends: its holder may be using it. */
async function repeat(
  { asked, standing }: AttachmentMove,
  { journal, ask }: MoveContext,
): Promise<AttachmentInfo> {
  try {
    const info = await ask('attach', asked.request);
    if (typeof standing !== 'string') await journal.attached(standing, info, asked.request.device);
    return info;
  } catch (error) {
    const trouble = toDriverFailure(error).message;
    if (typeof standing !== 'string') await journal.change(standing, { seen: null, trouble });
    throw error;
  }
}

async function end({ asked, standing }: AttachmentMove, context: MoveContext): Promise<undefined> {
  const { journal, ask, later } = context;
  const { request } = asked;
  const entry =
    typeof standing === 'string'
      ? await journal.begin('detaching', request)
      : await journal.change(standing, { state: 'detaching', trouble: null });
  try {
    await ask('detach', { ...requestOf(entry), device: request.device });
    await journal.remove(request.handle.id);
  } catch (error) {
    const failure = toDriverFailure(error);
    const left = await journal.change(entry, { trouble: failure.message });
    later((askAlone) => look(journal, left, { ask: askAlone, failure }));
    throw error;
  }
}

interface FailedCall {
  readonly ask: AskDriver;
  readonly failure: DriverFailure;
}

/**
 * Forgets an entry of which the machine shows nothing. Not after a call that was cut off: a write that hangs in the
 * kernel may yet be done.
 */
async function look(
  journal: AttachmentJournal,
  entry: AttachmentEntry,
  { ask, failure }: FailedCall,
): Promise<void> {
  const seen = await ask('status', requestOf(entry)).catch(() => null);
  const wasCutOff = failure.code === 'timeout' || failure.code === 'unavailable';
  if (seen === 'detached' && !wasCutOff) await journal.remove(entry.handle.id);
  else await journal.change(entry, { seen });
}

async function undo(journal: AttachmentJournal, entry: AttachmentEntry, ask: AskDriver): Promise<void> {
  const seen = await ask('status', requestOf(entry)).catch(() => null);
  if (seen !== 'detached') await detachLeft(journal, entry, ask);
  else await journal.remove(entry.handle.id);
}

/** Undoes what is left of an entry, which is `detaching`; what cannot be undone now stays so, with the reason. */
export async function detachLeft(
  journal: AttachmentJournal,
  entry: AttachmentEntry,
  ask: AskDriver,
): Promise<void> {
  try {
    await ask('detach', requestOf(entry));
    await journal.remove(entry.handle.id);
  } catch (error) {
    await journal.change(entry, { trouble: toDriverFailure(error).message });
  }
}
