import { join } from 'node:path';
import { DriverError } from '@cyborgjs/driver-sdk';
import { digestOfFile } from './image-digest.ts';

interface ImageToVerify {
  /** Absolute path as the driver sees it. */
  readonly image: string;
  readonly sha256: string;
  /** Where the machine's files are seen from. */
  readonly machineRoot: string;
  readonly signal: AbortSignal;
}

/**
 * Reads an image once, whole: `not_found` when there is none that can be read, `invalid` when it is another one than
 * was meant.
 */
export async function verifyImage({ image, sha256, machineRoot, signal }: ImageToVerify): Promise<void> {
  const wanted = `sha256:${sha256}`;
  let found: string;
  try {
    found = await digestOfFile(join(machineRoot, image), wanted, signal);
  } catch (cause) {
    if (signal.aborted) throw new DriverError('canceled', `reading ${image} was cancelled`, { cause });
    throw new DriverError('not_found', `the image ${image} cannot be read on this host: ${String(cause)}`, {
      hint: 'Put it there, readable for the agent.',
      cause,
    });
  }
  if (found !== wanted)
    throw new DriverError('invalid', `the image ${image} has ${found}, and ${wanted} was asked for`, {
      hint: 'Put the right file there, or ask with the sum of this one when it is what you mean.',
    });
}
