import { composeSession } from './compose-session.ts';
import { createGlance } from './conductor/glance.ts';
import { createImageLibrary, type ImageLibrary } from './conductor/image-library.ts';
import type { Config } from './config-schema.ts';

/** The places that the configuration lets images come from. */
export function composeImages({ glance, conductor }: Config): ImageLibrary {
  return createImageLibrary({
    glance: glance?.enabled ? createGlance(composeSession(glance, 'image')) : null,
    limitBytes: conductor.imageLimitBytes,
  });
}
