import type { Claims } from './conductor/claims.ts';
import type { Config } from './config-schema.ts';

/** Claims in the Placement that the configuration describes, loaded only when there is one. */
export async function composeClaims({ placement }: Config): Promise<Claims | null> {
  if (!placement?.enabled) return null;
  const { createClaims } = await import('./conductor/claims.ts');
  const { composePlacement } = await import('./compose-placement.ts');
  return createClaims(composePlacement(placement));
}
