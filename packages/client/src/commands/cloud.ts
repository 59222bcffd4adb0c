import { authFromCloud, type CloudConfig, loadCloud, sessionFromCloud } from '@cyborgjs/openstack-session';
import { type Connection, type ConnectionFlags, readEndpoint, said } from './connection.ts';

/** What the command line may say about the cloud. */
export interface CloudFlags extends ConnectionFlags {
  readonly osCloud?: string;
}

/** Whether the caller is to come with a token of a cloud's Keystone: it is named, and no token of ours is. */
export function comesByCloud(flags: CloudFlags, environment: NodeJS.ProcessEnv): boolean {
  if (flags.token !== undefined || flags.tokenFile !== undefined) return false;
  if (flags.osCloud !== undefined) return true;
  const ours = said(environment.CYBORG_TOKEN) ?? said(environment.CYBORG_TOKEN_FILE);
  return ours === undefined && isCloudNamed(flags, environment);
}

/** Whether flags or `OS_` variables name a cloud; a `clouds.yaml` alone does not. */
export function isCloudNamed({ osCloud }: CloudFlags, environment: NodeJS.ProcessEnv): boolean {
  return (osCloud ?? said(environment.OS_CLOUD) ?? said(environment.OS_AUTH_URL)) !== undefined;
}

/**
 * The cloud that is named, from `clouds.yaml` and the `OS_` variables.
 *
 * @throws OpenStackError `session.bad_cloud` when there is none of that name, or a file cannot be used
 */
export function loadNamedCloud(
  { osCloud }: CloudFlags,
  environment: NodeJS.ProcessEnv,
): Promise<CloudConfig> {
  return loadCloud({ env: environment, ...(osCloud === undefined ? {} : { cloud: osCloud }) });
}

/**
 * The connection of somebody who comes by a cloud: the service is where flags or environment say, else where the
 * catalog says.
 *
 * @throws OpenStackError when Keystone gives no token, or the catalog has no accelerator service
 */
export async function connectByCloud(flags: CloudFlags, environment: NodeJS.ProcessEnv): Promise<Connection> {
  const cloud = await loadNamedCloud(flags, environment);
  const given = flags.endpoint ?? said(environment.CYBORG_ENDPOINT);
  const endpoint = given === undefined ? await endpointIn(cloud) : readEndpoint(given);
  const tokenSource = `Keystone, by ${cloud.place}`;
  return { endpoint, token: undefined, tokenSource, auth: authFromCloud(cloud) };
}

/** The catalog has the address of `/v2`; ours is beside it. */
async function endpointIn(cloud: CloudConfig): Promise<URL> {
  const session = sessionFromCloud(cloud);
  try {
    return readEndpoint((await session.endpoint('accelerator')).replace(/\/v2\/?$/, ''));
  } finally {
    await session.close();
  }
}
