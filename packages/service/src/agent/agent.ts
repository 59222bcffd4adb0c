import type { Command, CommandOf, DriverStatus, Fact, PlacementStatus, Report } from '@cyborgjs/core';
import type { Logger } from 'pino';
import type { Bus, Unsubscribe } from '../bus/bus.ts';
import type { AgentDriver } from './agent-driver.ts';
import { createDiscovery, type Discovery } from './discovery.ts';
import { createFactSender } from './fact-sender.ts';
import type { Admission, Ledger } from './ledger.ts';
import { createOperationDesk } from './operation-desk.ts';
import { createPlacementWriter, type PlacementWriter, type WriteTree } from './placement-writer.ts';
import { desiredProviders } from './provider-tree.ts';
import { runOperation } from './run-operation.ts';

/** What an agent is made of. */
export interface AgentComponents {
  readonly bus: Bus;
  readonly ledger: Ledger;
  readonly drivers: readonly AgentDriver[];
  /** Null when the cloud has no Placement. */
  readonly writeTree: WriteTree | null;
  readonly log: Logger;
  readonly now: () => number;
  readonly random: () => number;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** How it is tuned. */
export interface AgentInit {
  readonly host: string;
  readonly bootId: string;
  readonly simulated: boolean;
  readonly version: string;
  readonly rescanIntervalMs: number;
  readonly heartbeatIntervalMs: number;
}

/** The agent of one host: discovers, reports up, writes its own tree in Placement, carries out commands. */
export interface Agent {
  readonly host: string;
  /** Resolves when drivers have been started and the first scan has gone up. */
  start(): Promise<void>;
  /** Ends drivers and subscriptions; says goodbye so that nobody takes the silence for trouble. */
  stop(): Promise<void>;
  /** To be called when a driver's status changed: it goes up at once. */
  driverChanged(): void;
}

const noPlacement: PlacementStatus = { enabled: false, agreedAt: null, error: null, retained: [] };
const keepOperationsMs = 7 * 24 * 3_600_000;

/** Builds an agent; nothing runs before `start`. */
export function createAgent(components: AgentComponents, init: AgentInit): Agent {
  const { bus, ledger, drivers, log, now, pause } = components;
  const stopped = new AbortController();
  const sender = createFactSender({ bus, log, pause });
  const desk = createOperationDesk({
    ledger,
    bootId: init.bootId,
    now,
    run: (command, signal) =>
      runOperation(command, { drivers, scan, now, signal, onProgress: progressOf(command.operationId) }),
    tell: (operationId, outcome) =>
      send({ kind: 'operation-result', operationId: operationId as never, outcome, at: now() }),
  });
  let agentRun = 0;
  let admission: Admission = { revision: -1, open: [] };
  let discovery: Discovery | undefined;
  let placement: PlacementWriter | undefined;
  let unsubscribe: Unsubscribe = async () => {};

  const send = (fact: WithoutOrigin<Fact>): void =>
    sender.send({ ...fact, host: init.host, agentRun } as Fact);
  const statuses = (): DriverStatus[] => drivers.map((driver) => driver.status());

  function progressOf(operationId: CommandOf<'operation'>['operationId']) {
    return (progress: number | null, note: string | null) =>
      send({ kind: 'operation-progress', operationId, progress, note, at: now() });
  }

  function heartbeat(): void {
    const status = placement?.status() ?? noPlacement;
    send({ kind: 'heartbeat', drivers: statuses(), placement: status, at: now() });
  }

  async function scan(chosen: readonly AgentDriver[]): Promise<readonly Report[]> {
    const found = await Promise.all(
      chosen.map(async (driver) => {
        const report = await (discovery as Discovery).scan(driver);
        send({ kind: 'report', report });
        return report;
      }),
    );
    placement?.request();
    return found;
  }

  async function receive(command: Command): Promise<void> {
    switch (command.kind) {
      case 'operation':
        return desk.accept(command);
      case 'cancel':
        return desk.cancel(command.operationId);
      case 'admit':
        if (command.revision < admission.revision) return;
        if (command.revision > admission.revision) await ledger.writeAdmission(command);
        admission = command;
        placement?.request();
    }
  }

  async function every(intervalMs: number, work: () => unknown): Promise<void> {
    for (;;) {
      await pause(intervalMs, stopped.signal);
      if (stopped.signal.aborted) return;
      await work();
    }
  }

  function openPlacement(write: WriteTree): PlacementWriter {
    return createPlacementWriter({
      write,
      desired: () => ({
        providers: desiredProviders(init.host, (discovery as Discovery).inventories(), admission),
        complete: (discovery as Discovery).isComplete(),
      }),
      now,
      random: components.random,
      pause,
      log,
      onStatus: heartbeat,
      onProviders: (providers) => send({ kind: 'providers', providers: [...providers] }),
    });
  }

  return {
    host: init.host,
    async start() {
      agentRun = await ledger.nextRun(now());
      admission = await ledger.admission();
      await ledger.forgetOperations(now() - keepOperationsMs);
      discovery = await createDiscovery({ drivers, ledger, bootId: init.bootId, now });
      if (components.writeTree !== null) placement = openPlacement(components.writeTree);
      await Promise.all(drivers.map((driver) => driver.start()));
      const { bootId, simulated, version } = init;
      send({ kind: 'hello', bootId, simulated, agentVersion: version, drivers: statuses(), at: now() });
      unsubscribe = await bus.receiveCommands(init.host, receive);
      await scan(drivers);
      heartbeat();
      void every(init.rescanIntervalMs, () => scan(drivers));
      void every(init.heartbeatIntervalMs, heartbeat);
    },
    async stop() {
      stopped.abort();
      await unsubscribe();
      await Promise.all(drivers.map((driver) => driver.stop()));
      await desk.idle();
      await placement?.stop();
      send({ kind: 'goodbye', at: now() });
      await sender.flush(2000);
      sender.stop();
    },
    driverChanged() {
      if (agentRun > 0 && !stopped.signal.aborted) heartbeat();
    },
  };
}

type WithoutOrigin<Value> = Value extends unknown ? Omit<Value, 'host' | 'agentRun'> : never;
