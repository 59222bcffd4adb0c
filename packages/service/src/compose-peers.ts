import type { Session } from '@cyborgjs/openstack-session';
import type { Bus } from './bus/bus.ts';
import { composeSession } from './compose-session.ts';
import { versionedPath } from './conductor/glance.ts';
import type { Peer } from './conductor/peer.ts';
import type { Config, OpenStackServiceConfig } from './config-schema.ts';
import type { Store } from './store/store.ts';
import { storeTarget } from './store-target.ts';

/** The services that this one needs, and what ends the connections made to ask them. */
export interface ComposedPeers {
  readonly list: readonly Peer[];
  close(): Promise<void>;
}

/** Every service that the configuration names, asked in the way in which it is used. */
export function composePeers(
  config: Config,
  { store, bus }: { readonly store: Pick<Store, 'ping'>; readonly bus: Pick<Bus, 'isConnected'> },
): ComposedPeers {
  const { list, close } = composeOpenStackPeers(config);
  return { list: [databasePeer(config, store), busPeer(config, bus), ...list], close };
}

/** Those of OpenStack among them. */
export function composeOpenStackPeers(config: Config): ComposedPeers {
  const sessions: Session[] = [];
  const open = (settings: OpenStackServiceConfig, type: string): Session => {
    const session = composeSession(settings, type);
    sessions.push(session);
    return session;
  };
  const list = [...keystonePeer(config, open), ...servicePeers(config, open)];
  return { list, close: async () => void (await Promise.all(sessions.map((session) => session.close()))) };
}

function databasePeer(config: Config, store: Pick<Store, 'ping'>): Peer {
  const target = storeTarget(config);
  return {
    name: 'database',
    address: target.kind === 'sqlite' ? target.file : withoutPassword(target.url),
    async check() {
      await store.ping();
      return `${target.kind} answers`;
    },
  };
}

function busPeer({ bus: settings }: Config, bus: Pick<Bus, 'isConnected'>): Peer {
  return {
    name: 'bus',
    address: settings.kind === 'memory' ? 'within this process' : withoutPassword(settings.url),
    async check() {
      if (!bus.isConnected()) throw new Error('not connected; operations wait until it is');
      return 'connected';
    },
  };
}

type OpenSession = (settings: OpenStackServiceConfig, type: string) => Session;

function keystonePeer({ api: { auth } }: Config, open: OpenSession): Peer[] {
  if (auth.kind !== 'keystone') return [];
  const session = open(
    { auth: { ...auth, kind: 'password', region: null, interface: 'internal' }, endpoint: auth.authUrl },
    'identity',
  );
  return [{ name: 'keystone', address: auth.authUrl, check: (signal) => ownRoles(session, signal) }];
}

function servicePeers(config: Config, open: OpenSession): Peer[] {
  return (['placement', 'nova', 'glance'] as const).flatMap((name) => {
    const settings = config[name];
    return settings?.enabled ? [servicePeer(name, settings, open)] : [];
  });
}

/** A call that needs a right, so that a token which is good for nothing shows. */
const questions = {
  placement: { type: 'placement', path: '/resource_classes', microversion: '1.28' },
  nova: { type: 'compute', path: '/servers?limit=1&all_tenants=true', microversion: '2.82' },
  glance: { type: 'image', path: '/images?limit=1', microversion: undefined },
} as const;

function servicePeer(
  name: keyof typeof questions,
  settings: OpenStackServiceConfig,
  open: OpenSession,
): Peer {
  const { type, path: plain, microversion } = questions[name];
  const session = open(settings, type);
  return {
    name,
    address: settings.endpoint ?? `by the catalog of ${addressOf(settings.auth)}`,
    async check(signal) {
      const path = name === 'glance' ? await versionedPath(session, { path: plain, signal }) : plain;
      await session.request({ service: type, method: 'GET', path, microversion, signal });
      return `answers at ${await session.endpoint(type, signal)}`;
    },
  };
}

const addressOf = (auth: OpenStackServiceConfig['auth']): string =>
  auth.kind === 'none' ? auth.endpoint : auth.authUrl;

async function ownRoles(session: Session, signal: AbortSignal): Promise<string> {
  const identity = await session.identity(signal);
  return `gives us a token with the roles ${[...(identity?.roles ?? [])].sort().join(', ') || 'none'}`;
}

function withoutPassword(address: string): string {
  if (!URL.canParse(address)) return 'an address that cannot be read';
  const url = new URL(address);
  url.password = '';
  return url.href;
}
