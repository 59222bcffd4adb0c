import { z } from 'zod';
import { isMicroversion, type Microversion } from './microversion.ts';
import type { CallOptions, PlacementCall } from './placement-call.ts';

const Version = z.custom<Microversion>(isMicroversion);
const VersionDocument = z.object({
  versions: z.array(z.object({ min_version: Version, max_version: Version })).min(1),
});

/** The versions that a server speaks. */
export interface ServedVersions {
  readonly oldest: Microversion;
  readonly newest: Microversion;
}

/** Reads which versions a server speaks; Placement asks for no credentials there. */
export async function readVersions(call: PlacementCall, options?: CallOptions): Promise<ServedVersions> {
  const { body } = await call({ method: 'GET', path: '/', answer: VersionDocument, at: '1.0' }, options);
  const [version] = body.versions;
  return { oldest: version?.min_version ?? '1.0', newest: version?.max_version ?? '1.0' };
}
