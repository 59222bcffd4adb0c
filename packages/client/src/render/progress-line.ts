import type { Operation } from '@cyborgjs/core';
import { failureLine, percent } from './operation-views.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';

/** An operation that is being waited for, with the name people know its subject by. */
export interface Watched {
  readonly label: string;
  readonly operation: Operation;
}

/** What an operation concerns, as far as it says so itself: `node-1`, or `node-1 device 3f2a91c0`. */
export function watchedOperation(operation: Operation): Watched {
  const { host, deviceId } = operation;
  return {
    label: printable(deviceId === null ? host : `${host} device ${deviceId.slice(0, 8)}`),
    operation,
  };
}

const barLength = 20;

/**
 * How far an operation is, on one line of at most `width` columns:
 * `install node-1:0000:83:00.0  ########------------   42 %  flashing`.
 */
export function progressLine({ label, operation }: Watched, width: number): string {
  const subject = `${operation.verb} ${label}`;
  const share = percent(operation.progress).padStart(5);
  const line = `${subject}  ${bar(operation.progress)}  ${share}  ${standing(operation)}`;
  return line.length > width ? `${line.slice(0, Math.max(0, width - 1))}…` : line.trimEnd();
}

/** What a change of an operation reads like in a log: `install node-1:0000:83:00.0: running, 42 %, flashing`. */
export function changeLine({ label, operation }: Watched): string {
  const share = operation.progress === null ? '' : percent(operation.progress);
  const parts = [operation.state, share, printable(operation.note ?? '')].filter((part) => part !== '');
  return `${operation.verb} ${label}: ${parts.join(', ')}`;
}

/** How an operation ended: `install node-1:0000:83:00.0: failed: the card does not answer; what helps: …`. */
export function endLine({ label, operation }: Watched, paint: Paint): string {
  const what = `${operation.verb} ${label}`;
  if (operation.state === 'succeeded') return `${what}: ${paint('good', 'done')}`;
  if (operation.error === null) return `${what}: ${paint('faint', operation.state)}`;
  return `${what}: ${paint('bad', operation.state)}: ${failureLine(operation.error)}`;
}

function bar(progress: number | null): string {
  const full = Math.floor((progress ?? 0) * barLength);
  return '#'.repeat(full) + '-'.repeat(barLength - full);
}

function standing({ state, note, attempts }: Operation): string {
  const attempt = attempts > 1 ? ` (try ${attempts})` : '';
  return `${note === null ? state : printable(note)}${attempt}`;
}
