import {
  createSession,
  loadCloud,
  noAuth,
  type Session,
  sessionFromCloud,
} from '@cyborgjs/openstack-session';
import type { ConnectionFlags } from './command-context.ts';

/**
 * A session as the flags say: one endpoint with a token, or a cloud of clouds.yaml and the `OS_` variables.
 *
 * @throws OpenStackError `session.bad_cloud`
 */
export async function openSession(
  { osCloud, endpoint, token }: ConnectionFlags,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Session> {
  if (endpoint !== undefined) {
    const auth = token === undefined ? noAuth({ endpoint }) : noAuth({ endpoint, token });
    return createSession({ auth });
  }
  return sessionFromCloud(await loadCloud({ cloud: osCloud, env }));
}
