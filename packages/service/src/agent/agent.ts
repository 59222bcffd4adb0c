import {
  type Command,
  type CommandOf,
  CyborgError,
  type DriverStatus,
  type Fact,
  type OperationOutcome,
  type PlacementStatus,
  type Report,
} from '@cyborgjs/core';
import { describeHint, type WatchHint } from '@cyborgjs/driver-sdk';
import type { Logger } from 'pino';
import type { Bus, Unsubscribe } from '../bus/bus.ts';
import type { AgentDriver } from './agent-driver.ts';
import { type AttachmentReporter, createAttachmentReporter } from './attachment-reporter.ts';
import { createDiscovery, type Discovery } from './discovery.ts';
import { createFactSender, type FactSender } from './fact-sender.ts';
import { createHintedScans, type HintedScans } from './hinted-scans.ts';
import type { ImageCache } from './image-cache.ts';
import { createImageFetcher, type ImageFetcher } from './image-fetcher.ts';
import type { Admission, Ledger } from './ledger.ts';
import { createOperationDesk, type OperationDesk } from './operation-desk.ts';
import { PlacementWriter, type WriteTree } from './placement-writer.ts';
import { desiredProviders } from './provider-tree.ts';
import { runOperation } from './run-operation.ts';
import { createStatsReader, type StatsReader } from './stats-reader.ts';

/** What an agent is made of. */
export interface AgentComponents {
  readonly bus: Bus;
  readonly ledger: Ledger;
  readonly drivers: readonly AgentDriver[];
  readonly imageCache: ImageCache;
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
  readonly statsIntervalMs: number;
  /** Where the machine's files are seen from: `/`, or the directory of a simulated one. */
  readonly machineRoot: string;
}

const noPlacement: PlacementStatus = { enabled: false, agreedAt: null, error: null, retained: [] };
const keepOperationsMs = 7 * 24 * 3_600_000;

/** Builds an agent; nothing runs before `start`. */
export async function createAgent(components: AgentComponents, init: AgentInit): Promise<Agent> {
  const { ledger, now } = components;
  const drivers = [...components.drivers];
  const discovery = await createDiscovery({ drivers, ledger, bootId: init.bootId, now });
  return new Agent({ ...components, drivers, discovery }, init);
}

interface AgentParts extends AgentComponents {
  /** Shared with discovery; the agent alone changes it. */
  readonly drivers: AgentDriver[];
  readonly discovery: Discovery;
}

/** The agent of one host: discovers, reports up, writes its own tree in Placement, carries out commands. */
export class Agent {
  readonly #components: AgentParts;
  readonly #init: AgentInit;
  readonly #stopped = new AbortController();
  readonly #sender: FactSender;
  readonly #desk: OperationDesk;
  readonly #images: ImageFetcher;
  readonly #attachments: AttachmentReporter;
  readonly #placement: PlacementWriter | null;
  readonly #hintedScans: HintedScans;
  readonly #stats: StatsReader;
  readonly #states = new Map<string, DriverStatus['state']>();
  #run = 0;
  #admission: Admission = { revision: -1, open: [] };
  #greeted = false;
  #unsubscribe: Unsubscribe = async () => {};

  constructor(components: AgentParts, init: AgentInit) {
    this.#components = components;
    this.#init = init;
    this.#sender = createFactSender(components);
    this.#images = createImageFetcher({
      cache: components.imageCache,
      pause: components.pause,
      ask: (wanted) => this.#send({ kind: 'image-wanted', ...wanted, at: components.now() }),
    });
    this.#desk = createOperationDesk({
      ...components,
      bootId: init.bootId,
      run: (command, signal) => this.#carryOut(command, signal),
      tell: (operationId, outcome) =>
        this.#send({ kind: 'operation-result', operationId, outcome, at: components.now() }),
    });
    this.#attachments = createAttachmentReporter({
      ...components,
      tell: (held) => this.#send({ kind: 'attachments', ...held, at: components.now() }),
    });
    this.#placement = components.writeTree && this.#openPlacement(components.writeTree);
    this.#hintedScans = createHintedScans({
      ...components,
      signal: this.#stopped.signal,
      scan: (driver) => this.#scanAfresh([driver]),
    });
    this.#stats = createStatsReader({
      ...components,
      tell: (driver, told) => this.#send({ kind: 'stats', driver, ...told }),
    });
  }

  get host(): string {
    return this.#init.host;
  }

  /** Resolves when every driver has been started, or failed to, and the first scans have gone up. */
  async start(): Promise<void> {
    const { bus, drivers, ledger, now } = this.#components;
    this.#run = await ledger.nextRun(now());
    this.#admission = await ledger.admission();
    await ledger.forgetOperations(now() - keepOperationsMs);
    await this.#components.imageCache.tidy();
    const { bootId, simulated, version } = this.#init;
    this.#send({
      kind: 'hello',
      bootId,
      simulated,
      agentVersion: version,
      drivers: this.statuses(),
      at: now(),
    });
    this.#greeted = true;
    this.#unsubscribe = await bus.receiveCommands(this.host, (command) => this.#receive(command));
    // Each driver's hardware is reported as soon as that driver is up; a slow one keeps nobody waiting.
    await Promise.all(drivers.map((driver) => driver.start().then(() => this.#scan([driver]))));
    this.attachmentsChanged();
    void this.#every(this.#init.rescanIntervalMs, () => {
      this.attachmentsChanged();
      return this.#scan(drivers);
    });
    void this.#every(this.#init.heartbeatIntervalMs, () => this.#heartbeat());
    this.#stats.read();
    void this.#every(this.#init.statsIntervalMs, () => this.#stats.read());
  }

  /** Ends drivers and subscriptions; says goodbye so that nobody takes the silence for trouble. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#unsubscribe();
    await Promise.all(this.#components.drivers.map((driver) => driver.stop()));
    await this.#desk.idle();
    await this.#attachments.idle();
    await this.#placement?.stop();
    this.#send({ kind: 'goodbye', at: this.#components.now() });
    await this.#sender.flush(2000);
    this.#sender.stop();
  }

  /** Statuses of the drivers of this host, those included that do not run. */
  statuses(): DriverStatus[] {
    return this.#components.drivers.map((driver) => driver.status());
  }

  /**
   * Starts a driver while the others run on; it takes the place of the one with its id, which is stopped first and
   * whose inventory stays. Resolves when its first report has gone up.
   */
  async putDriver(driver: AgentDriver): Promise<void> {
    const { drivers } = this.#components;
    const index = drivers.findIndex(({ id }) => id === driver.id);
    const before = index < 0 ? undefined : drivers.splice(index, 1, driver)[0];
    if (before === undefined) drivers.push(driver);
    await before?.stop();
    if (this.#stopped.signal.aborted) return;
    await driver.start();
    await this.#scanAfresh([driver]);
  }

  /** Ends a driver that no longer belongs to this host. What it found is gone from here on; nothing was detached. */
  async dropDriver(id: string): Promise<void> {
    const { drivers, discovery } = this.#components;
    const index = drivers.findIndex((driver) => driver.id === id);
    if (index < 0) return;
    const [driver] = drivers.splice(index, 1);
    await driver?.stop();
    await discovery.forget(id);
    this.#placement?.request();
    this.#heartbeat();
  }

  /** Has a driver that does not run started at once, and looks for its devices. Throws `driver.not_found`. */
  async retryDriver(id: string): Promise<void> {
    const { drivers } = this.#components;
    const driver = drivers.find((one) => one.id === id);
    if (driver === undefined)
      throw new CyborgError('driver.not_found', `no driver "${id}" runs on ${this.host}`);
    await driver.retry();
    await this.#scanAfresh([driver]);
  }

  /** To be called when a driver's status changed: it goes up at once. */
  driverChanged(status: DriverStatus): void {
    const before = this.#states.get(status.id);
    this.#states.set(status.id, status.state);
    if (!this.#greeted || this.#stopped.signal.aborted) return;
    this.#heartbeat();
    // What a driver missed while it did not run is looked for at once.
    const isBack = status.state === 'running' && before !== 'running' && status.restarts > 0;
    if (isBack) this.driverHinted(status.id);
  }

  /**
   * To be called when a driver has seen that its hardware may have changed. Whatever the hint says, only what the
   * driver answers when it is asked goes up; of the health of a device it is asked at once.
   */
  driverHinted(id: string, hint?: WatchHint): void {
    const driver = this.#components.drivers.find((one) => one.id === id);
    if (driver === undefined || !this.#greeted) return;
    if (hint?.type === 'health') this.#components.log.info({ driver: id, hint }, describeHint(hint));
    this.#hintedScans.hint(driver, { urgent: hint?.type === 'health' });
  }

  /** To be called when who holds what has changed: it goes up as it then is. */
  attachmentsChanged(): void {
    if (this.#greeted && !this.#stopped.signal.aborted) this.#attachments.request();
  }

  async #receive(command: Command): Promise<void> {
    switch (command.kind) {
      case 'operation':
        return this.#desk.accept(command);
      case 'cancel':
        return this.#desk.cancel(command.operationId);
      case 'admit':
        return this.#admit(command);
      case 'image-part':
      case 'image-refused':
        return this.#images.receive(command);
    }
  }

  async #admit(admission: Admission): Promise<void> {
    if (admission.revision < this.#admission.revision) return;
    if (admission.revision > this.#admission.revision)
      await this.#components.ledger.writeAdmission(admission);
    this.#admission = admission;
    this.#placement?.request();
  }

  #carryOut(command: CommandOf<'operation'>, signal: AbortSignal): Promise<OperationOutcome> {
    const { drivers, now } = this.#components;
    const { operationId } = command;
    return runOperation(command, {
      drivers,
      now,
      signal,
      images: this.#images,
      machineRoot: this.#init.machineRoot,
      // What was done just now must be in the report; a look that began before it may have missed it.
      scan: (chosen) => this.#scanAfresh(chosen),
      onProgress: (progress, note) =>
        this.#send({ kind: 'operation-progress', operationId, progress, note, at: now() }),
    });
  }

  #scan(chosen: readonly AgentDriver[]): Promise<readonly Report[]> {
    return this.#report(chosen, this.#components.discovery.scan);
  }

  #scanAfresh(chosen: readonly AgentDriver[]): Promise<readonly Report[]> {
    return this.#report(chosen, this.#components.discovery.scanAfresh);
  }

  async #report(
    chosen: readonly AgentDriver[],
    scan: (driver: AgentDriver) => Promise<Report>,
  ): Promise<readonly Report[]> {
    const reports = await Promise.all(
      chosen.map(async (driver) => {
        const report = await scan(driver);
        if (this.#components.drivers.includes(driver)) this.#send({ kind: 'report', report });
        return report;
      }),
    );
    this.#placement?.request();
    return reports;
  }

  #openPlacement(write: WriteTree): PlacementWriter {
    const { discovery } = this.#components;
    return new PlacementWriter({
      ...this.#components,
      write,
      desired: () => ({
        providers: desiredProviders(this.host, discovery.inventories(), this.#admission),
        complete: discovery.isComplete(),
        claimedTraits: discovery.claimedTraits(),
      }),
      onStatus: () => this.#heartbeat(),
      onProviders: (providers) => this.#send({ kind: 'providers', providers: [...providers] }),
    });
  }

  #heartbeat(): void {
    const placement = this.#placement?.status() ?? noPlacement;
    this.#send({ kind: 'heartbeat', drivers: this.statuses(), placement, at: this.#components.now() });
  }

  #send(fact: WithoutOrigin<Fact>): void {
    this.#sender.send({ ...fact, host: this.host, agentRun: this.#run } as Fact);
  }

  async #every(intervalMs: number, work: () => unknown): Promise<void> {
    for (;;) {
      await this.#components.pause(intervalMs, this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      await work();
    }
  }
}

type WithoutOrigin<Value> = Value extends unknown ? Omit<Value, 'host' | 'agentRun'> : never;
