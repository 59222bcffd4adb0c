import { createPlacement, type Placement } from '@cyborgjs/placement-client';
import { composeSession } from './compose-session.ts';
import type { Config } from './config-schema.ts';

/** The client of Placement that the configuration describes; it connects when it is first used. */
export function composePlacement(config: NonNullable<Config['placement']>): Placement {
  return createPlacement(composeSession(config, 'placement'));
}
