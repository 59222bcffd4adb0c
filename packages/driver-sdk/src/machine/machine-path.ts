import { posix } from 'node:path';
import { DriverError } from '../driver-error.ts';

/** An absolute path without `.`, `..` and doubled slashes; anything that is not absolute is `invalid`. */
export function machinePath(path: string): string {
  if (!path.startsWith('/') || path.includes('\0')) {
    throw new DriverError('invalid', `${JSON.stringify(path)} is no absolute path`, {
      hint: 'The machine is read by absolute paths only.',
    });
  }
  if (!/\/(\.|\/|$)/.test(path)) return path;
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}
