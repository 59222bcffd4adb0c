import { composeSession } from './compose-session.ts';
import { createGlance, type Glance } from './conductor/glance.ts';
import type { Config } from './config-schema.ts';

/** The client of Glance that the configuration describes; null where there is none to take images from. */
export function composeGlance({ glance }: Config): Glance | null {
  return glance?.enabled ? createGlance(composeSession(glance, 'image')) : null;
}
