import {
  type AuthProvider,
  createSession,
  keystoneApplicationCredential,
  keystonePassword,
} from '@cyborgjs/openstack-session';
import {
  findRealKeystone,
  type RunningKeystone,
  startRealKeystone,
} from '@cyborgjs/openstack-session/testing';
import { startFaultProxy } from '../src/testing/fault-proxy.ts';
import { findRealPlacement, startRealPlacement } from '../src/testing/real-placement.ts';
import type { PlacementPeer, StartedPeer } from './placement-peers.ts';

/** How a client shows who it is. */
export type Credential = 'password' | 'application credential';

interface KeystonePeerOptions {
  readonly credential: Credential;
  /** How long the tokens of the clients live. */
  readonly tokenLifetimeS: number;
  /** For how long Placement takes a token as it saw it; 0 asks Keystone at each request. */
  readonly tokenCacheS: number;
}

const [keystone, placement] = await Promise.all([findRealKeystone(), findRealPlacement()]);
const isMissing = keystone?.kind !== 'installed' || placement === undefined;

/** A real Placement, found in the catalog of a real Keystone whose tokens it takes, behind a proxy. */
export function keystonePeer(options: KeystonePeerOptions): PlacementPeer {
  return {
    name: `real server behind Keystone, by ${options.credential}`,
    isReal: true,
    missing: isMissing ? 'not installed here' : undefined,
    start: () => startBehindKeystone(options),
  };
}

/** A Placement behind a Keystone, both there. */
export interface StartedKeystonePeer extends StartedPeer {
  /** Makes a token invalid from now on. */
  revoke(token: string): Promise<void>;
}

/** Starts a peer; `keystonePeer` says whether one can be had. */
export async function startBehindKeystone(options: KeystonePeerOptions): Promise<StartedKeystonePeer> {
  const trusted = await startRealKeystone(keystone);
  const { url, adminPassword } = trusted;
  const running = await startRealPlacement(placement, {
    url,
    adminPassword,
    tokenCacheS: options.tokenCacheS,
  });
  const server = await startFaultProxy(running.url);
  await trusted.addToCatalog({ type: 'placement', url: server.url });
  const issuer = await trusted.withTokenLifetime?.(options.tokenLifetimeS);
  const authUrl = issuer?.url ?? url;
  const identity = `${url}/v3`;
  const admin = createSession({
    auth: byPassword(url, trusted).auth(),
    endpointOverrides: { identity },
  });
  return {
    server,
    ...(options.credential === 'password'
      ? byPassword(authUrl, trusted)
      : await byApplicationCredential(authUrl, trusted)),
    flags: [],
    async revoke(token) {
      const headers = { 'x-subject-token': token };
      await admin.request({ service: 'identity', method: 'DELETE', path: '/auth/tokens', headers });
    },
    async close() {
      await admin.close();
      await server.close();
      await running.stop();
      await trusted.stop();
    },
  };
}

type WayIn = Pick<StartedPeer, 'auth' | 'env'>;

function byPassword(authUrl: string, { adminPassword: password }: RunningKeystone): WayIn {
  const env = {
    OS_AUTH_URL: `${authUrl}/v3`,
    OS_USERNAME: 'admin',
    OS_PASSWORD: password,
    OS_PROJECT_NAME: 'admin',
    OS_USER_DOMAIN_ID: 'default',
    OS_PROJECT_DOMAIN_ID: 'default',
  };
  return {
    auth: (more) => keystonePassword({ authUrl, username: 'admin', password, projectName: 'admin', ...more }),
    env,
  };
}

async function byApplicationCredential(authUrl: string, trusted: RunningKeystone): Promise<WayIn> {
  const secret = 'agent-secret';
  const { auth } = byPassword(authUrl, trusted);
  const id = await createApplicationCredential(`${trusted.url}/v3`, auth(), secret);
  const env = {
    OS_AUTH_URL: `${authUrl}/v3`,
    OS_AUTH_TYPE: 'v3applicationcredential',
    OS_APPLICATION_CREDENTIAL_ID: id,
    OS_APPLICATION_CREDENTIAL_SECRET: secret,
  };
  return { auth: (more) => keystoneApplicationCredential({ authUrl, id, secret, ...more }), env };
}

/** The id of a new one of whoever is authenticated so. */
async function createApplicationCredential(
  identity: string,
  auth: AuthProvider,
  secret: string,
): Promise<string> {
  const session = createSession({ auth, endpointOverrides: { identity } });
  try {
    const { userId } = (await session.identity()) ?? {};
    const { body } = await session.request({
      service: 'identity',
      method: 'POST',
      path: `/users/${userId}/application_credentials`,
      body: { application_credential: { name: 'agent', secret } },
    });
    return (body as { application_credential: { id: string } }).application_credential.id;
  } finally {
    await session.close();
  }
}
