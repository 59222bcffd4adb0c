import type { Agent } from './agent/agent.ts';
import { resolveDrivers } from './agent/open-drivers.ts';
import { createApi } from './api/create-api.ts';
import { createBus } from './bus/create-bus.ts';
import { watchBus } from './bus/watch-bus.ts';
import { composeAgent, hostName, type PlannedHost } from './compose-agent.ts';
import { composeAuthenticator } from './compose-authenticator.ts';
import { defaultConductorSettings } from './conductor/conductor-settings.ts';
import { createConductor } from './conductor/create-conductor.ts';
import type { Config } from './config-schema.ts';
import { listenAt } from './listen-at.ts';
import type { Ports } from './ports.ts';
import type { Parts } from './roles.ts';
import { claimStateDir } from './state-dir.ts';
import { createStore } from './store/create-store.ts';
import { storeTarget } from './store-target.ts';

/** A running service. */
export interface Cyborg {
  /** Where the API listens; null in a process without one. */
  readonly url: string | null;
  /** The file with the administrator's token; null where there is none. */
  readonly tokenFile: string | null;
  /** Resolves when every agent of this process has scanned its host for the first time. */
  readonly scanned: Promise<void>;
  /** Ends everything in order: no new requests, work in hand finished, children gone. */
  stop(): Promise<void>;
}

/**
 * Builds the service and starts it. This is the place that knows every room: bus and store first, then the
 * conductor over both, the API over store and conductor, and the agents, which know only the bus.
 *
 * What must be mended by the operator is found before anything starts: state directory, driver packages, address.
 */
export async function startCyborg(config: Config, parts: Parts, ports: Ports): Promise<Cyborg> {
  const undo: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return { ...(await startParts(config, parts, ports, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  config: Config,
  parts: Parts,
  ports: Ports,
  undo: (() => Promise<void>)[],
): Promise<Omit<Cyborg, 'stop'>> {
  const stateDir = await claimStateDir(config.stateDir, use(parts));
  undo.push(stateDir.release);
  const hosts = parts.agent ? planHosts(config) : [];
  const bus = watchBus(await createBus(config.bus, ports), ports.breakpoint);
  undo.push(() => bus.close());

  let listening = { url: null as string | null, tokenFile: null as string | null };
  if (parts.api || parts.conductor) {
    const store = await createStore(storeTarget(config), {
      now: ports.now,
      newId: ports.newId,
      log: ports.log,
      onCommit: async (phase) => ports.breakpoint?.(`commit:${phase}`),
    });
    undo.push(() => store.close());
    const settings = { ...defaultConductorSettings, ...config.conductor };
    const conductor = createConductor({ store, bus, ...ports }, settings);
    if (parts.conductor) {
      await conductor.start();
      undo.push(() => conductor.stop());
    }
    if (parts.api) {
      const { authenticator, tokenFile } = composeAuthenticator(config, ports);
      const api = createApi(
        { store, conductor, authenticator, bus, log: ports.log, newId: ports.newId },
        config.api,
      );
      listening = { url: await listenAt(api, config.api.listen), tokenFile };
      undo.push(() => api.close());
    }
  }
  const agents = await Promise.all(hosts.map((host) => composeAgent(host, config, bus, ports)));
  return { ...listening, scanned: startAgents(agents, undo) };
}

/** Which agents run where is settled before the first one starts, so that a bad driver package stops everything. */
function planHosts(config: Config): PlannedHost[] {
  return config.agent.hosts.map((host) => ({
    name: hostName(host),
    config: host,
    drivers: resolveDrivers(host.drivers ?? config.agent.drivers),
  }));
}

async function startAgents(agents: readonly Agent[], undo: (() => Promise<void>)[]): Promise<void> {
  undo.push(async () => {
    await Promise.all(agents.map((agent) => agent.stop()));
  });
  await Promise.all(agents.map((agent) => agent.start()));
}

/** Several processes may share a directory when they do different things: an agent beside an API. */
const use = (parts: Parts): string =>
  `${parts.conductor ? 'conductor ' : ''}${parts.api ? 'api ' : ''}${parts.agent ? 'agent' : ''}`;
