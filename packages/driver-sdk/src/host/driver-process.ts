import { setTimeout as delay } from 'node:timers/promises';
import type { DriverErrorCode, DriverVerb } from '@cyborgjs/core';
import { DriverError, type DriverErrorOptions } from '../driver-error.ts';
import type { DriverStore } from '../driver-store.ts';
import { callPermissions } from '../machine/call-permissions.ts';
import type { Machine } from '../machine.ts';
import type { WatchHint } from '../watch-hint.ts';
import type { AuditSink } from './audit-entry.ts';
import type { BrokerMachine } from './broker-machine.ts';
import { connectDriver } from './connect-driver.ts';
import { CriticalSections } from './critical-sections.ts';
import type { SecretCutter } from './cut-secrets.ts';
import type { DriverLogSink } from './driver-log-line.ts';
import { handshake } from './handshake.ts';
import type { HostLimits } from './host-limits.ts';
import { LastWords } from './last-words.ts';
import { LivenessWatch } from './liveness-watch.ts';
import { locateSpin } from './locate-spin.ts';
import { OpenCall } from './open-call.ts';
import type { Peer } from './peer.ts';
import { PrivilegeBroker } from './privilege-broker.ts';
import type { DriverMessage, MachineChoice, SeamPlace } from './protocol.ts';
import type { DriverPackage } from './resolve-driver-package.ts';
import type { DriverChild, SendSignal } from './spawn-child.ts';

/** How a call is bounded and watched. */
export interface DriverCallOptions {
  /** Cancels the call when it is aborted. */
  readonly signal?: AbortSignal;
  /** Milliseconds until it is cancelled as a timeout; those of the manifest, else the usual ones, by default. */
  readonly deadlineMs?: number;
  readonly onProgress?: (fraction: number, note?: string) => void;
  /** Names the call in logs. */
  readonly callId?: string;
  /** Told of each write and tool of this call, besides the host's sink. */
  readonly onAudit?: AuditSink;
  /**
   * Comes between the driver and what the host does for it in this call, for faults and counting: it sees each use
   * of the seam as the driver makes it (with a remote seam; else only writes and tools).
   */
  readonly interpose?: (machine: Machine) => Machine;
  /** Detach, whoever holds it. */
  readonly force?: boolean;
}

/** A call as it goes over the wire. */
export interface WireCall extends Omit<DriverCallOptions, 'deadlineMs'> {
  readonly verb: DriverVerb;
  readonly argument: unknown;
  readonly callId: string;
  readonly deadlineMs: number | null;
  /** Identity of the device that it is about. */
  readonly device: string | null;
  /** Writes and tools are planned and audited, not done. */
  readonly dryRun?: boolean;
}

/** How a driver's process came to its end. */
export interface ProcessEnd {
  /** Why; for a process that was asked to stop, that. */
  readonly failure: DriverError;
  readonly wanted: boolean;
  /** True when it did not die of SIGKILL and was given up. */
  readonly abandoned: boolean;
}

interface Gone {
  readonly exit: string;
  readonly abandoned: boolean;
}

interface DriverProcessOptions {
  readonly package: DriverPackage;
  readonly config: unknown;
  readonly seam: SeamPlace;
  /** The machine where it was named; null when it was passed in. */
  readonly machine: MachineChoice | null;
  readonly broker: BrokerMachine;
  readonly secrets: SecretCutter;
  readonly audit: AuditSink;
  readonly now: () => number;
  readonly limits: HostLimits;
  readonly log: DriverLogSink;
  readonly store: DriverStore;
  readonly onHint: (hint: WatchHint) => void;
  readonly sendSignal: SendSignal;
  /** Ends what tools its process has left behind, given whether they may run on for now. */
  readonly clearTools: (mayRunOn: () => boolean) => Promise<void>;
}

/**
 * One process of a driver from its handshake to its end. It ends once; calls under way then fail as `unavailable`.
 * Whatever ends it waits for its critical sections first.
 */
export class DriverProcess {
  /** Resolves when it is gone or given up. */
  readonly ended: Promise<ProcessEnd>;
  /** Resolves when the tools that it left behind are gone too. */
  readonly cleared: Promise<void>;
  readonly #child: DriverChild;
  readonly #options: DriverProcessOptions;
  readonly #peer: Peer;
  readonly #sections = new CriticalSections();
  readonly #calls = new Map<number, OpenCall>();
  readonly #broker: PrivilegeBroker;
  readonly #lastWords: LastWords;
  readonly #gone = Promise.withResolvers<Gone>();
  readonly #liveness: LivenessWatch;
  #ending: { readonly failure: DriverError; readonly wanted: boolean } | undefined;

  constructor(child: DriverChild, options: DriverProcessOptions) {
    this.#child = child;
    this.#options = options;
    const { pingEveryMs, silenceMs } = options.limits;
    this.#liveness = new LivenessWatch({
      everyMs: pingEveryMs,
      silenceMs,
      ping: () => this.#peer.request('ping', {}).answer.catch(() => {}),
      mayBeSilent: () => this.#sections.isOpen,
      onSilent: (silentMs) => void this.#endSilent(silentMs),
    });
    this.#broker = this.#openBroker();
    this.#peer = this.#connect();
    const { limits, log } = options;
    this.#lastWords = new LastWords({ driver: this.#id, output: child.output, limits, log });
    void child.exited.then((exit) => this.#gone.resolve({ exit, abandoned: false }));
    this.ended = this.#gone.promise.then((gone) => this.#bury(gone));
    this.cleared = this.ended.then(() => this.#clear());
  }

  /** Whether calls can be made. */
  get isOpen(): boolean {
    return this.#ending === undefined;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Loads the driver into its process. A failure ends the process and is thrown. */
  async initialize(): Promise<void> {
    const { package: driver, config, seam, machine, limits } = this.#options;
    try {
      await handshake(this.#peer, { package: driver, config, seam, machine, startMs: limits.startMs });
    } catch (error) {
      const failure = error instanceof DriverError ? error : new DriverError('internal', String(error));
      void this.end(failure, 'SIGKILL');
      throw failure;
    }
    if (this.#ending === undefined) this.#liveness.start();
  }

  /** The driver's answer as it came, and what it would have written and run, in order, in a dry run. */
  async call({ verb, argument, callId, deadlineMs, device, dryRun = false, ...options }: WireCall) {
    if (this.#ending !== undefined) throw lostCall(this.#ending.failure);
    const { id, answer } = this.#peer.request('call', { verb, argument, callId, deadlineMs, dryRun });
    const idle = verb === 'program' ? { idleMs: this.#options.limits.programIdleMs } : {};
    const limits = { verb, deadlineMs, ...idle, ...options };
    const call = new OpenCall(limits, (reason) => void this.#cancel(id, reason));
    this.#calls.set(id, call);
    const { onAudit, interpose } = options;
    const permissions = callPermissions(this.#options.package.manifest.permissions, verb, argument);
    const plan = this.#broker.open(id, { callId, verb, device, dryRun, permissions, onAudit, interpose });
    try {
      return { answer: await call.outcome(answer), plan };
    } finally {
      this.#calls.delete(id);
      this.#broker.close(id);
    }
  }

  /** Lets calls end as cancelled, then the process. Resolves when it and its tools are gone or given up. */
  async stop(): Promise<void> {
    const { cancelGraceMs, terminateGraceMs } = this.#options.limits;
    if (this.#ending === undefined) {
      const failure = this.#fault('unavailable', 'is being stopped', { retry: 'later' });
      this.#ending = { failure, wanted: true };
      for (const [id, call] of this.#calls) {
        call.canceled ??= failure;
        void this.#cancelRequests(id, failure);
      }
      const { answer } = this.#peer.request('shutdown', { graceMs: cancelGraceMs });
      answer.then(
        () => this.#peer.close(failure),
        () => {},
      );
      await this.#sections.whenOver();
      if (!(await this.#goneWithin(cancelGraceMs + terminateGraceMs))) await this.#kill('SIGTERM');
    }
    await this.cleared;
  }

  /** Ends the process, with SIGTERM first or at once with SIGKILL, when its critical sections are over. */
  async end(failure: DriverError, first: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#ending !== undefined) return;
    this.#ending = { failure, wanted: false };
    await this.#kill(first);
  }

  async #kill(first: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { terminateGraceMs, killWaitMs } = this.#options.limits;
    await this.#sections.whenOver();
    if (first === 'SIGTERM') {
      this.#child.signal('SIGTERM');
      if (await this.#goneWithin(terminateGraceMs)) return;
    }
    this.#child.signal('SIGKILL');
    if (await this.#goneWithin(killWaitMs)) return;
    this.#child.abandon();
    this.#gone.resolve({ exit: `process ${this.#child.pid} does not even die of SIGKILL`, abandoned: true });
  }

  #goneWithin(ms: number): Promise<boolean> {
    const gone = this.#gone.promise.then(() => true);
    return Promise.race([gone, delay(ms, false, { ref: false })]);
  }

  async #cancel(id: number, reason: DriverError): Promise<void> {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#peer.notify('cancel', { call: id, reason: reason.code, message: reason.message });
    void this.#cancelRequests(id, reason);
    await this.#sections.whenOver();
    await Promise.race([call.settled, delay(this.#options.limits.cancelGraceMs, undefined, { ref: false })]);
    if (!this.#calls.has(id)) return;
    await this.end(this.#fault('unavailable', `did not let go of a cancelled ${call.verb}`), 'SIGTERM');
  }

  async #endSilent(silentMs: number): Promise<void> {
    const { limits, sendSignal } = this.#options;
    const isNode = this.#options.package.manifest.runtime === undefined;
    const place = !isNode
      ? undefined
      : await locateSpin({
          pid: this.#child.pid,
          sendSignal,
          watchLines: (take) => this.#lastWords.watch(take),
          withinMs: limits.locateSpinMs,
        });
    const why = place === undefined ? 'it spins or is blocked' : `it spins at ${place}`;
    const complaint = `did not answer for ${Math.round(silentMs)} ms: ${why}`;
    await this.end(this.#fault('unavailable', complaint), 'SIGKILL');
  }

  /** What a call has asked of the machine ends when no section of it is open. */
  async #cancelRequests(id: number, reason: DriverError): Promise<void> {
    await this.#calls.get(id)?.sections.whenOver();
    this.#broker.cancel(id, reason);
  }

  #bury({ exit, abandoned }: Gone): ProcessEnd {
    this.#liveness.stop();
    this.#ending ??= { failure: this.#crash(exit), wanted: false };
    const { failure, wanted } = this.#ending;
    const told = abandoned
      ? new DriverError('unavailable', `${failure.message}; ${exit} and was given up`, {
          hint: 'It sits in a system call that cannot be interrupted: look at the device and the kernel log.',
          cause: failure,
        })
      : failure;
    this.#peer.close(wanted ? failure : lostCall(told));
    return { failure: told, wanted, abandoned };
  }

  /** A tool may go on with a critical section whose process has crashed. */
  async #clear(): Promise<void> {
    const { broker, clearTools } = this.#options;
    await clearTools(() => this.#sections.isOpen);
    this.#broker.end((await this.ended).failure);
    await broker.close();
    this.#sections.endAll();
  }

  #crash(exit: string): DriverError {
    return this.#fault('unavailable', `ended by itself: ${exit}`, this.#lastWords.asCause());
  }

  #fault(code: DriverErrorCode, complaint: string, options: DriverErrorOptions = {}): DriverError {
    return new DriverError(code, `driver ${this.#id} ${complaint}`, options);
  }

  get #id(): string {
    return this.#options.package.manifest.id;
  }

  #openBroker(): PrivilegeBroker {
    const { secrets, audit, now } = this.#options;
    return new PrivilegeBroker({
      driver: this.#id,
      machineFor: (call) => this.#machineFor(call),
      secrets,
      audit,
      tellLine: (line) => this.#peer.notifyLossy('sysLine', line),
      now,
    });
  }

  /** A real machine's libraries are in the driver's process: whatever they do, they do it there. */
  #machineFor(call: number): Machine {
    const { broker, machine } = this.#options;
    if (machine?.kind !== 'real') return broker.machine;
    return { ...broker.machine, invoke: (use) => this.#peer.request('invoke', { call, ...use }).answer };
  }

  #connect(): Peer {
    const { limits, log, onHint, store } = this.#options;
    return connectDriver({
      driver: this.#id,
      wire: this.#child.wire,
      limits,
      log,
      onHint,
      store,
      onProgress: ({ call, fraction, note }) => this.#calls.get(call)?.progress(fraction, note),
      onCritical: (critical, section) => this.#admitCritical(critical, section),
      onCriticalEnd: (section) => this.#endCritical(section),
      onSys: (request, sys) => this.#broker.answer(request, sys),
      onSysCancel: (request) => this.#broker.cancelRequest(request),
      onHeard: () => this.#liveness.heard(),
      onGarbage: (complaint) =>
        void this.end(this.#fault('internal', `broke the protocol: it sent ${complaint}`), 'SIGKILL'),
      onClosed: () => void this.#lostWire(),
    });
  }

  #admitCritical({ call: id, maxMs }: DriverMessage<'critical'>, section: number): void {
    const { criticalMaxMs } = this.#options.limits;
    const call = this.#calls.get(id);
    const refusal = call?.canceled ?? this.#ending?.failure;
    if (refusal !== undefined) throw refusal;
    if (call === undefined) throw new DriverError('not_found', `call ${id} has ended`);
    if (maxMs > criticalMaxMs) {
      throw new DriverError(
        'invalid',
        `a critical section of ${maxMs} ms was asked for; the host allows ${criticalMaxMs}`,
      );
    }
    this.#sections.begin(section, maxMs);
    call.sections.begin(section, maxMs);
    this.#options.broker.critical(section, maxMs);
  }

  #endCritical(section: number): void {
    this.#sections.end(section);
    for (const call of this.#calls.values()) call.sections.end(section);
    this.#options.broker.criticalEnd(section);
  }

  /** A process that cannot be reached is of no use; one that has just ended tells why in a moment. */
  async #lostWire(): Promise<void> {
    if (await this.#goneWithin(this.#options.limits.terminateGraceMs)) return;
    await this.end(this.#fault('unavailable', 'closed its connection'), 'SIGTERM');
  }
}

/** What a call under way fails with when its process ends; another process may well do it. */
const lostCall = (end: DriverError): DriverError =>
  new DriverError('unavailable', `the call was lost: ${end.message}`, { cause: end });
