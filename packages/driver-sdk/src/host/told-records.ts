import { DriverError } from '../driver-error.ts';
import type { RecordStore } from '../records/record-store.ts';

/** The same records, whose troubles with the disk are told as a failure of the call: nothing is done unwritten. */
export function toldRecords(records: RecordStore): RecordStore {
  return {
    read: (kind, key) => records.read(kind, key).catch(tell),
    readAll: (kind) => records.readAll(kind).catch(tell),
    write: (kind, key, value) => records.write(kind, key, value).catch(tell),
    remove: (kind, key) => records.remove(kind, key).catch(tell),
    has: (kind, key) => records.has(kind, key).catch(tell),
    unreadable: (kind) => records.unreadable(kind).catch(tell),
  };
}

function tell(cause: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new DriverError('unavailable', `the host's records cannot be used: ${why}`, {
    retry: 'later',
    hint: "See to the disk of the agent's state directory: full, read-only, or not its own.",
    cause,
  });
}
