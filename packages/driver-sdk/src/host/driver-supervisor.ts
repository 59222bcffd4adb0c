import type { DriverErrorCode, DriverFailure, DriverProcessState } from '@cyborgjs/core';
import { DriverError, isDriverError, toDriverFailure } from '../driver-error.ts';
import type { DriverStore } from '../driver-store.ts';
import type { Machine } from '../machine.ts';
import type { WatchHint } from '../watch-hint.ts';
import type { AuditSink } from './audit-entry.ts';
import { openBrokerMachine } from './broker-machine.ts';
import { createSecretCutter } from './cut-secrets.ts';
import { driverCommand, type Sandbox } from './driver-command.ts';
import { clearEarlierRuns, clearTools } from './driver-leftovers.ts';
import type { DriverLogSink } from './driver-log-line.ts';
import { DriverProcess, type ProcessEnd } from './driver-process.ts';
import type { HostLimits } from './host-limits.ts';
import { untilAborted } from './keyed-queue.ts';
import { formatProcessMark, ownIdentity, type ProcessMark } from './process-mark.ts';
import type { MachineChoice, SeamPlace } from './protocol.ts';
import type { DriverPackage } from './resolve-driver-package.ts';
import { afterCrash, cleanHistory } from './restart-policy.ts';
import { type SendSignal, spawnChild } from './spawn-child.ts';
import { watchDriver } from './watch-driver.ts';

export interface DriverSupervisorOptions {
  readonly package: DriverPackage;
  readonly config: unknown;
  /** What the broker works on; a driver may read a machine that is named, not passed, by itself. */
  readonly machine: Machine | MachineChoice;
  readonly seam: SeamPlace;
  readonly sandbox: Sandbox;
  readonly audit: AuditSink;
  readonly limits: HostLimits;
  readonly log: DriverLogSink;
  readonly store: DriverStore;
  readonly onChange: () => void;
  /** Told each time that a process can be called. */
  readonly onRunning: () => void;
  readonly onHint: ((hint: WatchHint) => void) | undefined;
  /** Looks at the package before each start of a process; what it throws refuses the start. */
  readonly admit: (() => Promise<void>) | undefined;
  readonly now: () => number;
  readonly random: () => number;
  readonly sendSignal: SendSignal;
}

/** Numbers the processes that this agent starts. */
let processes = 0;

/** Keeps one process of a driver running: starts it, starts it anew when it ends, less and less often. */
export class DriverSupervisor {
  readonly #options: DriverSupervisorOptions;
  #state: DriverProcessState = 'stopped';
  #failure: DriverFailure | null = null;
  #starts = 0;
  #abandoned = 0;
  #history = cleanHistory;
  #process: DriverProcess | undefined;
  #cleared: Promise<void> | undefined;
  #runningSince: number | undefined;
  #attempt: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopping = new AbortController();

  constructor(options: DriverSupervisorOptions) {
    this.#options = options;
  }

  get state(): DriverProcessState {
    return this.#state;
  }

  get failure(): DriverFailure | null {
    return this.#failure;
  }

  get restarts(): number {
    return Math.max(0, this.#starts - 1);
  }

  get processId(): number | undefined {
    return this.#process?.pid;
  }

  /** Processes that did not die of SIGKILL. */
  get abandoned(): number {
    return this.#abandoned;
  }

  /** Resolves when the first try has succeeded or failed; the state tells which. */
  async start(): Promise<void> {
    if (this.#state !== 'stopped') return this.#attempt;
    this.#stopping = new AbortController();
    await this.#try();
  }

  /** Starts a process that is not running at once, its past forgotten. */
  async retry(): Promise<void> {
    if (this.#state === 'running' || this.#state === 'starting' || this.#stopping.signal.aborted) return;
    this.#history = cleanHistory;
    await this.#try();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#process?.stop();
    await this.#attempt;
    await this.#cleared;
    this.#set('stopped');
  }

  /** The process when it runs, waiting for one that is starting; else `unavailable` with the reason. */
  async running(signal: AbortSignal): Promise<DriverProcess> {
    if (this.#state === 'starting' && this.#attempt !== undefined) await untilAborted(this.#attempt, signal);
    if (this.#state === 'running' && this.#process?.isOpen === true) return this.#process;
    const why = this.#failure === null ? '' : `: ${this.#failure.message}`;
    const state = this.#state === 'running' ? 'ending' : this.#state;
    const { id } = this.#options.package.manifest;
    throw new DriverError('unavailable', `driver ${id} is not running (${state})${why}`, { retry: 'later' });
  }

  /** How its latest report failed; null for a good one. */
  noteReport(failure: DriverFailure | null): void {
    if (this.#state !== 'running' || failure === this.#failure) return;
    this.#failure = failure;
    this.#options.onChange();
  }

  #try(): Promise<void> {
    clearTimeout(this.#timer);
    this.#set('starting');
    this.#attempt = this.#launch().catch((error: unknown) =>
      this.#failed(isDriverError(error) ? error : toError(error)),
    );
    return this.#attempt;
  }

  async #launch(): Promise<void> {
    const { package: driver, limits, onHint, log } = this.#options;
    const { id } = driver.manifest;
    await this.#cleared;
    await this.#options.admit?.();
    if (this.#stopping.signal.aborted) return;
    // Until it is initialized a process does nothing: it may come up while earlier ones are looked for.
    const cleared = this.#clearEarlierRuns();
    cleared.catch(() => {});
    const process = await this.#spawn();
    this.#starts++;
    this.#process = process;
    this.#cleared = process.cleared;
    const ended = process.ended.then((end) => this.#onEnd(end));
    if (this.#stopping.signal.aborted) void process.stop();
    await cleared.catch((error: unknown) => process.end(toError(error), 'SIGKILL'));
    try {
      await process.initialize();
    } catch {
      return ended;
    }
    if (!process.isOpen) return;
    this.#runningSince = this.#options.now();
    this.#set('running');
    this.#options.onRunning();
    if (onHint !== undefined && driver.manifest.verbs.includes('watch'))
      void watchDriver(process, { driver: id, log, againMs: limits.watchAgainMs });
  }

  async #spawn(): Promise<DriverProcess> {
    const {
      package: driver,
      config,
      machine,
      seam,
      sandbox,
      limits,
      log,
      onHint,
      sendSignal,
    } = this.#options;
    const { id } = driver.manifest;
    const mark: ProcessMark = { driver: id, ...(await ownIdentity()), sequence: ++processes };
    const marked = { mark: formatProcessMark(mark), sendSignal };
    const named = 'kind' in machine ? machine : null;
    const readable = seam === 'local' ? named : null;
    const { heapMb } = limits;
    const command = await driverCommand({ package: driver, machine: readable, heapMb, sandbox });
    const child = await spawnChild({ ...marked, command });
    return new DriverProcess(child, {
      ...this.#options,
      machine: named,
      broker: await openBrokerMachine({ ...marked, driver: id, machine, limits, log }),
      secrets: createSecretCutter(config),
      onHint: (hint) => onHint?.(hint),
      clearTools: (mayRunOn) => clearTools(mark, sendSignal, mayRunOn),
    });
  }

  async #clearEarlierRuns(): Promise<void> {
    const { package: driver, limits, log, sendSignal } = this.#options;
    const { id } = driver.manifest;
    await clearEarlierRuns({
      driver: id,
      sendSignal,
      graceMs: limits.terminateGraceMs,
      maxMs: limits.criticalMaxMs,
      signal: this.#stopping.signal,
      onWaiting: (pids) => {
        const message = `waits for process ${pids.join(', ')} of an earlier agent, which must not be cut off`;
        log({ driver: id, source: 'host', level: 'warn', message });
        this.#failure = toDriverFailure(new DriverError('busy', `driver ${id} ${message}`));
        this.#options.onChange();
      },
    });
  }

  #onEnd(end: ProcessEnd): void {
    this.#process = undefined;
    if (end.abandoned) this.#abandoned++;
    this.#failed(end.failure);
  }

  /** A driver that refuses to run as it is installed or set up is not started again by itself. */
  #failed(failure: DriverError): void {
    const { log, package: driver, limits, now, random } = this.#options;
    const runningSince = this.#runningSince;
    this.#runningSince = undefined;
    if (this.#stopping.signal.aborted) return;
    this.#failure = toDriverFailure(failure);
    log({ driver: driver.manifest.id, source: 'host', level: 'warn', message: failure.message });
    const refusal = runningSince === undefined ? refusals[failure.code] : undefined;
    if (refusal !== undefined) {
      this.#set(refusal);
      return;
    }
    const at = now();
    const ranMs = runningSince === undefined ? 0 : at - runningSince;
    const { history, delayMs } = afterCrash(this.#history, { at, ranMs, random: random() }, limits);
    this.#history = history;
    this.#timer = setTimeout(() => void this.#try(), delayMs);
    this.#set(history.quarantined ? 'quarantined' : 'backoff');
  }

  #set(state: DriverProcessState): void {
    this.#state = state;
    this.#options.onChange();
  }
}

/** The states of a driver that, by its failure's code, refuses to start. */
const refusals: Partial<Record<DriverErrorCode, DriverProcessState>> = {
  unsupported: 'incompatible',
  invalid: 'stopped',
  denied: 'refused',
};

const toError = (cause: unknown): DriverError =>
  new DriverError('unavailable', `its process cannot be started: ${String(cause)}`, { cause });
