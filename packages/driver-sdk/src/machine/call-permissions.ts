import type { DriverVerb } from '@cyborgjs/core';
import type { DriverManifest } from '../driver-manifest.ts';
import { machinePath } from './machine-path.ts';

/** What one call may touch: what the driver's manifest names, and the image that the call hands to it. */
export interface CallPermissions extends Readonly<DriverManifest['permissions']> {
  /** Absolute paths of files that it may read whatever the manifest says. */
  readonly images?: readonly string[];
}

/** The permissions of a call of a verb. */
export function callPermissions(
  permissions: DriverManifest['permissions'],
  verb: DriverVerb,
  argument: unknown,
): CallPermissions {
  return verb === 'program' ? { ...permissions, images: imagesIn(argument) } : permissions;
}

/** No manifest can name an image: the agent keeps it where its operator says. */
function imagesIn(argument: unknown): readonly string[] {
  if (typeof argument !== 'object' || argument === null || !('image' in argument)) return [];
  const { image } = argument;
  return typeof image === 'string' && image.startsWith('/') ? [machinePath(image)] : [];
}
