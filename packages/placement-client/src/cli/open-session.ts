import {
  cloudService,
  createSession,
  loadCloud,
  noAuth,
  type Session,
  sessionFromCloud,
} from '@cyborgjs/openstack-session';
import type { ConnectionFlags } from './command-context.ts';

/** A way to Placement. */
export interface OpenedSession {
  readonly session: Session;
  /** What the cloud says of the version to speak (`placement_default_microversion`). */
  readonly microversion?: string | undefined;
}

/**
 * A session as the flags say: one endpoint with a token, or a cloud of clouds.yaml and the `OS_` variables.
 *
 * @throws OpenStackError `session.bad_cloud`
 */
export async function openSession(
  { osCloud, endpoint, token }: ConnectionFlags,
  env: Readonly<Record<string, string | undefined>>,
): Promise<OpenedSession> {
  if (endpoint !== undefined) {
    const auth = token === undefined ? noAuth({ endpoint }) : noAuth({ endpoint, token });
    return { session: createSession({ auth }) };
  }
  const cloud = await loadCloud({ cloud: osCloud, env });
  return { session: sessionFromCloud(cloud), microversion: cloudService(cloud, 'placement').microversion };
}
