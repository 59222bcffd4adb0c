import type { DriverCalls, DriverStatus, PlannedStep, StatsMetric } from '@cyborgjs/core';
import { DriverError, isDriverError, toDriverFailure } from '../driver-error.ts';
import type { Machine } from '../machine.ts';
import { createMemoryRecords } from '../records/memory-records.ts';
import type { RecordStore } from '../records/record-store.ts';
import type { WatchHint } from '../watch-hint.ts';
import type { AskDriver } from './ask-driver.ts';
import { type AuditEntry, type AuditSink, auditLine } from './audit-entry.ts';
import { createCallTally } from './call-tally.ts';
import { deadlineSignal } from './deadline-signal.ts';
import { requireDeclaredStats } from './declared-stats.ts';
import { hasReadPrefixes, type Sandbox } from './driver-command.ts';
import { type DriverLogSink, limitLog } from './driver-log-line.ts';
import type { DriverCallOptions, DriverProcess, WireCall } from './driver-process.ts';
import { createDriverRecords } from './driver-records.ts';
import { DriverSupervisor } from './driver-supervisor.ts';
import { type CallVerb, type HostLimits, usualLimits } from './host-limits.ts';
import { createMutationGuard, type MutatingVerb, type MutationGuard } from './mutation-guard.ts';
import { hasVerb } from './negotiate-api.ts';
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
  /**
   * Where the driver's reads go, default `local`; `remote` for a machine that was passed in, and by default for a
   * driver that may read so widely that its process cannot be kept to it.
   */
  readonly seam?: SeamPlace;
  readonly sandbox?: Sandbox;
  readonly log: DriverLogSink;
  /** Told of each write and each tool, once; default a line of the log. */
  readonly audit?: AuditSink;
  /** Told of each change, after it. */
  readonly onStatus?: (status: DriverStatus) => void;
  /** Told what the driver's `watch` sees; without it `watch` is not run. */
  readonly onHint?: (hint: WatchHint) => void;
  /** Looks at the package before each start of its process; `denied` with a reason leaves the driver `refused`. */
  readonly admit?: () => Promise<void>;
  /** Where attachments and what the driver stores are kept; by default in memory, for the life of this host. */
  readonly records?: RecordStore;
  /** The running boot of the machine: what was attached in another one is looked at anew. Default: always the same. */
  readonly bootId?: string;
  /** Told when who holds what has changed, and when what earlier runs left has been closed. */
  readonly onAttachments?: () => void;
  readonly limits?: Partial<HostLimits>;
  /** Milliseconds since the epoch, for the journal; default `Date.now`. */
  readonly clock?: () => number;
  /** Milliseconds of a clock that never goes back; default `performance.now`. */
  readonly now?: () => number;
  /** From 0 to 1, for the jitter of restarts; default `Math.random`. */
  readonly random?: () => number;
  /** Default `process.kill`. */
  readonly sendSignal?: SendSignal;
}

type PlanOptions = Pick<DriverCallOptions, 'signal' | 'deadlineMs' | 'callId'>;

const mutations: ReadonlySet<string> = new Set<MutatingVerb>([
  'attach',
  'detach',
  'install',
  'uninstall',
  'program',
]);

interface CallLimits {
  readonly signal: AbortSignal;
  /** The call as it goes over the wire, with the time that is left. */
  readonly wire: <Verb extends CallVerb>(verb: Verb, argument: unknown) => WireCall & { readonly verb: Verb };
}

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
  readonly #guard: MutationGuard;
  readonly #tally = createCallTally();
  #calls = 0;

  constructor(options: DriverHostOptions) {
    const { package: driver, config, machine, onHint } = options;
    this.#options = options;
    this.#limits = { ...usualLimits, ...options.limits };
    this.#now = options.now ?? (() => performance.now());
    this.#log = limitLog(options.log, this.#limits.logLinesPerSecond);
    const kept = {
      driver: driver.manifest.id,
      records: options.records ?? createMemoryRecords(),
      bootId: options.bootId ?? 'this boot',
    };
    this.#guard = createMutationGuard({
      ...kept,
      now: options.clock ?? Date.now,
      onChange: options.onAttachments,
      ask: (verb, argument) => this.#askAlone(verb, argument),
    });
    this.#supervisor = new DriverSupervisor({
      package: driver,
      config,
      machine,
      seam: seamOf(options),
      sandbox: options.sandbox ?? {},
      audit: (entry) => this.#tellAudit(entry),
      limits: this.#limits,
      log: this.#log,
      store: createDriverRecords(kept),
      onChange: () => this.#tellStatus(),
      onRunning: () => void this.#guard.replay(),
      onHint,
      admit: options.admit,
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

  /** What its manifest declares that `stats` may answer. */
  get metrics(): readonly StatsMetric[] {
    return this.#options.package.manifest.stats;
  }

  /** How long its calls took until now, the wait for the device and for its process included. */
  calls(): DriverCalls {
    return this.#tally.calls();
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
   *
   * Attach and detach go through the journal of this driver's attachments: `in_use` and `conflict` are its refusals.
   */
  call<Verb extends CallVerb>(
    verb: Verb,
    argument: VerbArgument[Verb],
    options: DriverCallOptions = {},
  ): Promise<VerbAnswer[Verb]> {
    const onAudit = this.#auditOf(options);
    return this.#within(verb, options, async (limits) => {
      const open = async (): Promise<AskDriver> => {
        const process = await this.#supervisor.running(limits.signal);
        return async (asked, given) =>
          this.#ask(process, { ...options, onAudit, ...limits.wire(asked, given) });
      };
      if (!isMutation(verb)) return (await open())(verb, argument);
      const { signal } = limits;
      const order = { verb, argument: argument as VerbArgument[typeof verb], force: options.force, signal };
      return this.#guard.mutate(order, open) as Promise<VerbAnswer[Verb]>;
    });
  }

  /**
   * What a mutation would write and run, in order; nothing is changed, on the machine or in the journal. Fails as the
   * mutation itself would, as far as that shows without doing it.
   */
  plan<Verb extends MutatingVerb>(
    verb: Verb,
    argument: VerbArgument[Verb],
    options: PlanOptions & Pick<DriverCallOptions, 'force'> = {},
  ): Promise<readonly PlannedStep[]> {
    return this.#within(verb, options, ({ signal, wire }) =>
      this.#guard.rehearse({ verb, argument, force: options.force, signal }, async () => {
        const process = await this.#supervisor.running(signal);
        const { plan } = await process.call({ ...options, ...wire(verb, argument), dryRun: true });
        return plan;
      }),
    );
  }

  /**
   * Asks the driver itself, past the journal and the turns of a device: for the conformance kit, which looks at the
   * driver alone.
   */
  ask<Verb extends CallVerb>(
    verb: Verb,
    argument: VerbArgument[Verb],
    options: DriverCallOptions & { readonly dryRun?: boolean } = {},
  ): Promise<VerbAnswer[Verb]> {
    return this.#within(verb, options, async ({ signal, wire }) => {
      const process = await this.#supervisor.running(signal);
      return this.#ask(process, { ...options, onAudit: this.#auditOf(options), ...wire(verb, argument) });
    });
  }

  async #within<Result>(
    verb: CallVerb,
    options: PlanOptions,
    work: (limits: CallLimits) => Promise<Result>,
  ): Promise<Result> {
    const begun = this.#now();
    this.#requireVerb(verb);
    const deadlineMs = options.deadlineMs ?? this.#usualDeadline(verb);
    const limit = deadlineSignal(deadlineMs, options.signal, () => this.#timeout(verb, deadlineMs));
    const callId = options.callId ?? `${this.id}-${++this.#calls}`;
    const wire: CallLimits['wire'] = (asked, argument) => ({
      verb: asked,
      argument,
      callId,
      device: deviceOf(argument) ?? null,
      deadlineMs: Math.max(0, Math.round(deadlineMs - (this.#now() - begun))),
    });
    try {
      const result = await work({ signal: limit.signal, wire });
      if (verb === 'discover') this.#supervisor.noteReport(null);
      this.#tally.note(verb, 'ok', (this.#now() - begun) / 1000);
      return result;
    } catch (error) {
      const failure = isDriverError(error) ? error : cancelReason(verb, error);
      if (verb === 'discover') this.#supervisor.noteReport(toDriverFailure(failure));
      this.#tally.note(verb, failure.code, (this.#now() - begun) / 1000);
      throw failure;
    } finally {
      limit.clear();
    }
  }

  /** What the journal has to ask belongs to no call and has the usual deadline. */
  #askAlone<Verb extends CallVerb>(verb: Verb, argument: VerbArgument[Verb]): Promise<VerbAnswer[Verb]> {
    return this.#within(verb, {}, async ({ signal, wire }) => {
      const process = await this.#supervisor.running(signal);
      return this.#ask(process, wire(verb, argument));
    });
  }

  async #ask<Verb extends CallVerb>(
    process: DriverProcess,
    call: WireCall & { readonly verb: Verb },
  ): Promise<VerbAnswer[Verb]> {
    const { verb } = call;
    const { answer } = await process.call(call);
    const parsed = parseAnswer(this.id, verb, answer);
    if (verb === 'stats') requireDeclaredStats(this.#options.package.manifest, parsed as VerbAnswer['stats']);
    return parsed;
  }

  #usualDeadline(verb: CallVerb): number {
    return this.#options.package.manifest.timeoutsMs[verb] ?? this.#limits.callMs[verb];
  }

  #requireVerb(verb: CallVerb): void {
    const { api, manifest } = this.#options.package;
    const { verbs } = manifest;
    if (verbs.includes(verb) && hasVerb(api, verb)) return;
    throw new DriverError('unsupported', `driver ${this.id} has no ${verb}; it has ${verbs.join(', ')}`);
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

function seamOf({ package: driver, machine, seam, sandbox }: DriverHostOptions): SeamPlace {
  const { permissions, runtime } = driver.manifest;
  if (!('kind' in machine) || runtime !== undefined) return 'remote';
  const isKept =
    machine.kind === 'simulated' || sandbox?.nodePermissions === false || hasReadPrefixes(permissions.read);
  return seam ?? (isKept ? 'local' : 'remote');
}

const isMutation = (verb: CallVerb): verb is MutatingVerb => mutations.has(verb);

function deviceOf(argument: unknown): string | undefined {
  if (typeof argument !== 'object' || argument === null || !('device' in argument)) return undefined;
  const { device } = argument;
  return typeof device === 'object' && device !== null && 'identity' in device
    ? String(device.identity)
    : undefined;
}
