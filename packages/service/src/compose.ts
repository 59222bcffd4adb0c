import type { Agent } from './agent/agent.ts';
import { resolveDrivers } from './agent/open-drivers.ts';
import { createAgentControl } from './agent-control.ts';
import { hostName } from './agent-host.ts';
import { createApi } from './api/create-api.ts';
import { createPolicy } from './api/policy.ts';
import type { Bus } from './bus/bus.ts';
import { composeAgent, type PlannedHost } from './compose-agent.ts';
import { composeAuthenticator } from './compose-authenticator.ts';
import { composeBus } from './compose-bus.ts';
import { composeClaims } from './compose-claims.ts';
import { composeGlance } from './compose-glance.ts';
import { composeNova } from './compose-nova.ts';
import { composePeers } from './compose-peers.ts';
import { composePlacementView } from './compose-placement-view.ts';
import { defaultConductorSettings } from './conductor/conductor-settings.ts';
import { createConductor } from './conductor/create-conductor.ts';
import type { Config } from './config-schema.ts';
import { openControlServer } from './drivers/control-server.ts';
import { listenAt } from './listen-at.ts';
import { watchPolicy } from './policy-file.ts';
import type { Ports } from './ports.ts';
import type { Parts } from './roles.ts';
import { claimStateDir } from './state-dir.ts';
import { createStore } from './store/create-store.ts';
import { storeTarget } from './store-target.ts';
import { version } from './version.ts';

/** A running service. */
export interface Cyborg {
  /** Where the API listens; null in a process without one. */
  readonly url: string | null;
  /** The file with the administrator's token; null where there is none. */
  readonly tokenFile: string | null;
  /** Resolves when every agent of this process has scanned its host for the first time. */
  readonly scanned: Promise<void>;
  /** Has the agents of this process take up what their driver directory holds now. */
  reload(): Promise<void>;
  /** Ends everything in order: no new requests, work in hand finished, children gone. */
  stop(): Promise<void>;
}

/** What a process is to run, and from what. */
interface Order {
  readonly config: Config;
  readonly parts: Parts;
  readonly ports: Ports;
}

/** Ends what has been started, the last first. */
type Undo = (() => Promise<void>)[];

/**
 * Builds the service and starts it. This is the place that knows every room: bus and store first, then the
 * conductor over both, the API over store and conductor, and the agents, which know only the bus.
 *
 * What must be mended by the operator is found before anything starts: state directory, driver packages, address.
 */
export async function startCyborg(config: Config, parts: Parts, ports: Ports): Promise<Cyborg> {
  const undo: Undo = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return { ...(await startParts({ config, parts, ports }, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(order: Order, undo: Undo): Promise<Omit<Cyborg, 'stop'>> {
  const { config, parts, ports } = order;
  const stateDir = await claimStateDir(config.stateDir, namesOf(parts));
  undo.push(stateDir.release);
  const hosts = parts.agent ? planHosts(config) : [];
  const bus = await composeBus(config.bus, ports);
  undo.push(() => bus.close());
  const listening = parts.api || parts.conductor ? await startCentre(order, bus, undo) : nowhere;
  const agents = await Promise.all(hosts.map((host) => composeAgent(host, { config, bus, ports })));
  const scanned = startAgents(
    agents.map(({ agent }) => agent),
    undo,
  );
  const control = createAgentControl(agents, scanned);
  if (parts.agent)
    undo.push(await openControlServer({ stateDir: config.stateDir, answer: control, log: ports.log }));
  return { ...listening, scanned, reload: async () => void (await control({ ask: 'apply' })) };
}

const nowhere = { url: null, tokenFile: null };

/** Store, conductor and API: what exists once, or a few times, in a cloud. */
async function startCentre(
  { config, parts, ports }: Order,
  bus: Bus,
  undo: Undo,
): Promise<Pick<Cyborg, 'url' | 'tokenFile'>> {
  const onCommit = async (phase: 'before' | 'after') => ports.breakpoint?.(`commit:${phase}`);
  const store = await createStore(storeTarget(config), { ...ports, onCommit });
  undo.push(() => store.close());
  const conductor = createConductor(
    {
      ...{ ...ports, store, bus, nova: composeNova(config), glance: composeGlance(config) },
      claims: await composeClaims(config, ports),
    },
    { ...defaultConductorSettings, ...config.conductor },
  );
  if (parts.conductor) {
    await conductor.start();
    undo.push(() => conductor.stop());
  }
  if (!parts.api) return nowhere;
  const { authenticator, tokenFile } = composeAuthenticator(config, ports);
  const { policyFile } = config.api;
  const policy = policyFile === null ? createPolicy() : watchPolicy(policyFile, ports);
  const placement = composePlacementView(config);
  const peers = composePeers(config, { store, bus });
  const components = { ...ports, store, conductor, authenticator, policy, bus, placement, version };
  const api = createApi({ ...components, peers: peers.list }, config.api);
  undo.push(
    async () => placement?.close(),
    () => peers.close(),
    () => api.close(),
  );
  return { url: await listenAt(api, config.api.listen), tokenFile };
}

/** Which agents run where is settled before the first one starts, so that a bad driver package stops everything. */
function planHosts(config: Config): PlannedHost[] {
  return config.agent.hosts.map((host) => ({
    name: hostName(host),
    config: host,
    drivers: resolveDrivers(host.drivers ?? config.agent.drivers),
  }));
}

async function startAgents(agents: readonly Agent[], undo: Undo): Promise<void> {
  undo.push(async () => {
    await Promise.all(agents.map((agent) => agent.stop()));
  });
  await Promise.all(agents.map((agent) => agent.start()));
}

/** Several processes may share a directory when they do different things: an agent beside an API. */
const namesOf = (parts: Parts): string =>
  Object.entries(parts)
    .flatMap(([name, runs]) => (runs ? [name] : []))
    .join(' ');
