import { CyborgError } from '@cyborgjs/core';

/** Throws `version.changed` when a thing is not at the version that the caller decided on. */
export function requireVersion(
  noun: string,
  thing: { readonly id: string; readonly version: number },
  wanted: number | undefined,
): void {
  if (wanted === undefined || wanted === thing.version) return;
  throw new CyborgError(
    'version.changed',
    `${noun} ${thing.id} is at version ${thing.version}, not ${wanted}; read it again and decide anew`,
    { details: { version: thing.version, wanted } },
  );
}
