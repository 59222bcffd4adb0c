import type { DriverStatus } from '@cyborgjs/core';
import type { WatchHint } from '../driver.ts';
import { DriverError, isDriverError, toDriverFailure } from '../driver-error.ts';
import type { Machine } from '../machine.ts';
import { type AuditEntry, type AuditSink, auditLine } from './audit-entry.ts';
import { deadlineSignal } from './deadline-signal.ts';
import { type DriverLogSink, limitLog } from './driver-log-line.ts';
import type { DriverCallOptions } from './driver-process.ts';
import { DriverSupervisor } from './driver-supervisor.ts';
import { type CallVerb, type HostLimits, usualLimits } from './host-limits.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { cancelReason } from './open-call.ts';
import type { MachineChoice, SeamPlace } from './protocol.ts';
import type { DriverPackage } from './resolve-driver-package.ts';
import type { SendSignal } from './spawn-child.ts';
import { parseAnswer, type VerbAnswer, type VerbArgument } from './verb-answers.ts';

export interface DriverHostOptions {
  readonly package: DriverPackage;
  /** The operator's settings; the driver's own schema parses them, in its process. */
  readonly config: unknown;
  /** What the driver works on: a machine named, or one passed in, which then does all reads, writes and tools. */
  readonly machine: Machine | MachineChoice;
  /** Where the driver's reads go, default `local`; always `remote` for a machine that was passed in. */
  readonly seam?: SeamPlace;
  readonly log: DriverLogSink;
  /** Told of each write and each tool, once; default a line of the log. */
  readonly audit?: AuditSink;
  /** Told of each change, after it. */
  readonly onStatus?: (status: DriverStatus) => void;
  /** Told what the driver's `watch` sees; without it `watch` is not run. */
  readonly onHint?: (hint: WatchHint) => void;
  readonly limits?: Partial<HostLimits>;
  /** Milliseconds of a clock that never goes back; default `performance.now`. */
  readonly now?: () => number;
  /** From 0 to 1, for the jitter of restarts; default `Math.random`. */
  readonly random?: () => number;
  /** Default `process.kill`. */
  readonly sendSignal?: SendSignal;
}

const mutations = new Set<CallVerb>(['attach', 'detach', 'install', 'uninstall', 'program']);

/** Makes the host of one driver, stopped. */
export const createDriverHost = (options: DriverHostOptions): DriverHost => new DriverHost(options);

/**
 * One driver in a process of its own, kept running. Whatever the driver does, calls end by their deadline and
 * fail with a `DriverError` and nothing else; calls that change a device come one at a time for each device.
 */
export class DriverHost {
  readonly #options: DriverHostOptions;
  readonly #limits: HostLimits;
  readonly #now: () => number;
  readonly #log: DriverLogSink;
  readonly #supervisor: DriverSupervisor;
  readonly #queue = new KeyedQueue();
  #calls = 0;

  constructor(options: DriverHostOptions) {
    const { package: driver, config, machine, onHint } = options;
    this.#options = options;
    this.#limits = { ...usualLimits, ...options.limits };
    this.#now = options.now ?? (() => performance.now());
    this.#log = limitLog(options.log, this.#limits.logLinesPerSecond);
    this.#supervisor = new DriverSupervisor({
      package: driver,
      config,
      machine,
      seam: 'kind' in machine ? (options.seam ?? 'local') : 'remote',
      audit: (entry) => this.#tellAudit(entry),
      limits: this.#limits,
      log: this.#log,
      onChange: () => this.#tellStatus(),
      onHint,
      now: this.#now,
      random: options.random ?? Math.random,
      sendSignal: options.sendSignal ?? ((pid, signal) => process.kill(pid, signal)),
    });
  }

  get id(): string {
    return this.#options.package.manifest.id;
  }

  /** Processes of this driver that did not die of SIGKILL and were given up. */
  get abandonedProcesses(): number {
    return this.#supervisor.abandoned;
  }

  /** The pid of its process; undefined when none runs. */
  get processId(): number | undefined {
    return this.#supervisor.processId;
  }

  status(): DriverStatus {
    const { package: driver } = this.#options;
    const { state, restarts, failure } = this.#supervisor;
    const { id, verbs } = driver.manifest;
    return { id, package: driver.name, version: driver.version, state, verbs: [...verbs], restarts, failure };
  }

  /** Starts the driver. Resolves when the first try has succeeded or failed; the status tells which. */
  start(): Promise<void> {
    return this.#supervisor.start();
  }

  /** Has a driver that waits, is in quarantine or refused to run started at once, its past forgotten. */
  retry(): Promise<void> {
    return this.#supervisor.retry();
  }

  /**
   * Ends the driver: calls under way are cancelled and fail as `unavailable`, critical sections are waited for.
   * Resolves when its process and its tools are gone, or given up.
   */
  stop(): Promise<void> {
    return this.#supervisor.stop();
  }

  /**
   * Calls a verb. The deadline counts from here, the wait for other calls on the device included; when that takes
   * all of it, the failure is `busy`. After a cancellation the driver has a little while to end the call; when its
   * answer still comes, it counts.
   */
  async call<Verb extends CallVerb>(
    verb: Verb,
    argument: VerbArgument[Verb],
    options: DriverCallOptions = {},
  ): Promise<VerbAnswer[Verb]> {
    const begun = this.#now();
    this.#requireVerb(verb);
    const deadlineMs = options.deadlineMs ?? this.#usualDeadline(verb);
    const late = (): DriverError => this.#timeout(verb, deadlineMs);
    const limit = deadlineSignal(deadlineMs, options.signal, late);
    let release = (): void => {};
    try {
      release = await this.#takeTurn(verb, argument, limit.signal);
      const process = await this.#supervisor.running(limit.signal);
      const left = Math.max(0, Math.round(deadlineMs - (this.#now() - begun)));
      const callId = options.callId ?? `${this.id}-${++this.#calls}`;
      const device = deviceOf(argument) ?? null;
      const bounds = { callId, device, deadlineMs: left, onAudit: this.#auditOf(options) };
      const answer = await process.call({ ...options, ...bounds, verb, argument });
      const parsed = parseAnswer(this.id, verb, answer);
      if (verb === 'discover') this.#supervisor.noteReport(null);
      return parsed;
    } catch (error) {
      const failure = isDriverError(error) ? error : cancelReason(verb, error);
      if (verb === 'discover') this.#supervisor.noteReport(toDriverFailure(failure));
      throw failure;
    } finally {
      limit.clear();
      release();
    }
  }

  #usualDeadline(verb: CallVerb): number {
    return this.#options.package.manifest.timeoutsMs[verb] ?? this.#limits.callMs[verb];
  }

  #requireVerb(verb: CallVerb): void {
    const { verbs } = this.#options.package.manifest;
    if (verbs.includes(verb)) return;
    throw new DriverError('unsupported', `driver ${this.id} has no ${verb}; it has ${verbs.join(', ')}`);
  }

  async #takeTurn(verb: CallVerb, argument: unknown, signal: AbortSignal): Promise<() => void> {
    const device = mutations.has(verb) ? deviceOf(argument) : undefined;
    if (device === undefined) return () => {};
    try {
      return await this.#queue.acquire(device, verb, signal);
    } catch (error) {
      const holder = this.#queue.holderOf(device);
      if (!isDriverError(error) || error.code !== 'timeout') throw error;
      throw new DriverError(
        'busy',
        `${verb} of ${device} did not get its turn: ${holder ?? verb} is under way`,
        {
          device,
          cause: error,
        },
      );
    }
  }

  #timeout(verb: CallVerb, deadlineMs: number): DriverError {
    return new DriverError('timeout', `driver ${this.id} did not end ${verb} within ${deadlineMs} ms`);
  }

  #tellStatus(): void {
    try {
      this.#options.onStatus?.(this.status());
    } catch (error) {
      this.#complain(`a listener to its status failed: ${String(error)}`);
    }
  }

  /** Past the limit on log lines: a driver that talks much must not drown its own audit. */
  #tellAudit(entry: AuditEntry, sink?: AuditSink): void {
    const usual: AuditSink = (told) => this.#options.log(auditLine(told));
    try {
      (sink ?? this.#options.audit ?? usual)(entry);
    } catch (error) {
      this.#complain(`the audit failed: ${String(error)}`);
    }
  }

  #auditOf({ onAudit }: DriverCallOptions): AuditSink {
    return onAudit === undefined ? () => {} : (entry) => this.#tellAudit(entry, onAudit);
  }

  #complain(message: string): void {
    this.#log({ driver: this.id, source: 'host', level: 'warn', message });
  }
}

function deviceOf(argument: unknown): string | undefined {
  if (typeof argument !== 'object' || argument === null || !('device' in argument)) return undefined;
  const { device } = argument;
  return typeof device === 'object' && device !== null && 'identity' in device
    ? String(device.identity)
    : undefined;
}
