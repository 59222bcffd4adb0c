import { isDeepStrictEqual } from 'node:util';
import type { AttachmentInfo, AttachRequest, DeviceReference } from '../driver.ts';
import { DriverError } from '../driver-error.ts';
import type { RecordStore } from '../records/record-store.ts';
import { type AttachmentEntry, attachmentRecords, holderName } from './attachment-entry.ts';
import type { Standing } from './decide-attachment.ts';
import { toldRecords } from './told-records.ts';

/** What the journal of one driver is made of. */
export interface JournalInit {
  /** Id of the driver. */
  readonly driver: string;
  readonly records: RecordStore;
  readonly bootId: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told after each change. */
  readonly onChange?: (() => void) | undefined;
}

type Change = Partial<Pick<AttachmentEntry, 'state' | 'info' | 'seen' | 'trouble' | 'bootId' | 'device'>>;

/** Who holds which handle of one driver, on disk. */
export class AttachmentJournal {
  readonly bootId: string;
  readonly #init: JournalInit;

  constructor(init: JournalInit) {
    this.#init = { ...init, records: toldRecords(init.records) };
    this.bootId = init.bootId;
  }

  async standing(handle: string): Promise<Standing> {
    const { records } = this.#init;
    const entry = await records.read(attachmentRecords, this.#key(handle));
    if (entry !== undefined) return entry;
    return (await records.has(attachmentRecords, this.#key(handle))) ? 'unreadable' : 'nothing';
  }

  async entries(): Promise<AttachmentEntry[]> {
    const all = await this.#init.records.readAll(attachmentRecords);
    return [...all.values()].filter(({ driver }) => driver === this.#init.driver);
  }

  /**
   * Throws `in_use` naming who holds parts of a device, if anybody does. `partsOf` tells its handles; undefined when
   * that cannot be told. It is asked only when there are records that cannot be read.
   */
  async requireFree(
    { identity }: DeviceReference,
    verb: string,
    partsOf: () => Promise<ReadonlySet<string> | undefined>,
  ): Promise<void> {
    const held = (await this.entries()).filter(({ device }) => device.identity === identity);
    const lost = await this.#unreadable();
    const parts = lost.length === 0 ? undefined : await partsOf();
    const names = [
      ...held.map(({ handle, consumer }) => `${handle.id} by ${holderName(consumer)}`),
      ...lost
        .filter((handle) => parts?.has(handle) ?? true)
        .map((handle) => `${handle} by somebody whose record cannot be read`),
    ];
    if (names.length === 0) return;
    throw new DriverError(
      'in_use',
      `${verb} would change ${identity} under its holders: ${names.join(', ')}`,
      {
        device: identity,
        hint: 'Detach these first.',
      },
    );
  }

  /** Writes that something has begun. */
  begin(state: 'attaching' | 'detaching', request: AttachRequest): Promise<AttachmentEntry> {
    const { driver } = this.#init;
    const { device, handle, consumer, options } = request;
    const terms = { driver, device, handle, consumer, options: { ...options } };
    return this.#write({ ...terms, ...this.#news(state), info: null, seen: null, trouble: null });
  }

  /** Writes what has become of an entry; nothing when that is what stands there. */
  async change(entry: AttachmentEntry, change: Change): Promise<AttachmentEntry> {
    const moved = change.state !== undefined && change.state !== entry.state;
    const next = {
      ...entry,
      ...change,
      ...(change.trouble == null ? {} : { trouble: change.trouble.slice(0, 1000) }),
      ...(moved ? this.#news(change.state ?? entry.state) : {}),
    };
    return isDeepStrictEqual(next, entry) ? entry : this.#write(next);
  }

  async attached(
    entry: AttachmentEntry,
    info: AttachmentInfo,
    device: DeviceReference = entry.device,
  ): Promise<void> {
    const { bootId } = this.#init;
    await this.change(entry, { state: 'attached', info, seen: 'attached', trouble: null, bootId, device });
  }

  /** It is held no more. */
  async remove(handle: string): Promise<void> {
    await this.#init.records.remove(attachmentRecords, this.#key(handle));
    this.#init.onChange?.();
  }

  async #unreadable(): Promise<string[]> {
    const prefix = this.#key('');
    const keys = await this.#init.records.unreadable(attachmentRecords);
    return keys.flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []));
  }

  #news(state: AttachmentEntry['state']): Pick<AttachmentEntry, 'state' | 'since' | 'bootId'> {
    return { state, since: this.#init.now(), bootId: this.#init.bootId };
  }

  async #write(entry: AttachmentEntry): Promise<AttachmentEntry> {
    await this.#init.records.write(attachmentRecords, this.#key(entry.handle.id), entry);
    this.#init.onChange?.();
    return entry;
  }

  #key(handle: string): string {
    return `${this.#init.driver}/${handle}`;
  }
}
