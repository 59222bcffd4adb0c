import { type Clock, systemClock, watchDeadline } from '../clock.ts';
import { createPortClients } from '../create-port-clients.ts';
import type { DriverContext, DriverLog } from '../driver-context.ts';
import type { DriverError } from '../driver-error.ts';
import type { DriverManifest } from '../driver-manifest.ts';
import { callPermissions } from '../machine/call-permissions.ts';
import type { Machine } from '../machine.ts';
import type { AnyPorts } from '../port.ts';
import { callMachine } from './call-machine.ts';
import { CriticalSections } from './critical-sections.ts';
import type { Peer } from './peer.ts';
import type { HostMessage } from './protocol.ts';
import { rehearsedStore, wireStore } from './wire-store.ts';

const progressEveryMs = 50;
const maxMessageLength = 4096;

interface RunningCallOptions {
  readonly id: number;
  readonly params: HostMessage<'call'>;
  readonly peer: Peer;
  readonly config: unknown;
  /** The driver's. */
  readonly ports: AnyPorts;
  /** The machine on the host's side, for this call. */
  readonly remote: Machine;
  /** The machine to read from; undefined where all goes to the host. */
  readonly local: Machine | undefined;
  readonly permissions: DriverManifest['permissions'];
  /** Of a simulated machine, which can be moved; undefined where time is what it is. */
  readonly clock: Clock | undefined;
}

/** One call inside the driver's process: its context, and its cancellation, which waits for critical sections. */
export class RunningCall {
  readonly context: DriverContext;
  readonly #id: number;
  readonly #peer: Peer;
  readonly #controller = new AbortController();
  readonly #sections = new CriticalSections();
  readonly #clock: Clock;
  #stopDeadline: () => void = () => {};
  #canceled: DriverError | undefined;
  #fraction = 0;
  #progressAt = 0;

  constructor({ id, params, peer, config, ports, remote, local, permissions, clock }: RunningCallOptions) {
    this.#id = id;
    this.#peer = peer;
    const { signal } = this.#controller;
    const { callId, deadlineMs, dryRun } = params;
    this.#clock = clock ?? systemClock;
    // The host keeps the deadline by its own time, which is not the machine's here.
    if (clock !== undefined && deadlineMs !== null)
      this.#stopDeadline = watchDeadline(clock, deadlineMs, (failure) => void this.cancel(failure));
    const store = wireStore(peer);
    const log: DriverLog = {
      info: (message, facts) => this.#log('info', message, facts),
      warn: (message, facts) => this.#log('warn', message, facts),
    };
    const sys = callMachine({
      remote,
      // What a dry run would have written is known to the host alone.
      local: dryRun ? undefined : local,
      permissions: callPermissions(permissions, params.verb, params.argument),
      signal,
    });
    this.context = {
      config,
      sys,
      ports: createPortClients(ports, sys, { signal }),
      signal,
      deadlineAt: deadlineMs === null ? Number.POSITIVE_INFINITY : this.#clock.now() + deadlineMs,
      dryRun,
      callId,
      log,
      store: dryRun ? rehearsedStore(store) : store,
      now: () => this.#clock.now(),
      pause: (ms) => this.#clock.pause(ms, signal),
      progress: (fraction, note) => this.#progress(fraction, note),
      critical: (maxMs, work) => this.#critical(maxMs, work),
    };
  }

  /** To be called when it has ended. */
  end(): void {
    this.#stopDeadline();
  }

  /** Aborts the call's signal as soon as no critical section is under way. */
  async cancel(reason: DriverError): Promise<void> {
    this.#canceled ??= reason;
    await this.#sections.whenOver();
    this.#controller.abort(this.#canceled);
  }

  async #critical<Result>(maxMs: number, work: () => Promise<Result>): Promise<Result> {
    this.#throwIfCanceled();
    const { id: section, answer } = this.#peer.request('critical', { call: this.#id, maxMs });
    await answer;
    this.#throwIfCanceled();
    this.#sections.begin(section, maxMs);
    const release = ignoreTermination();
    try {
      return await work();
    } finally {
      release();
      this.#peer.notify('criticalEnd', { section });
      this.#sections.end(section);
    }
  }

  #throwIfCanceled(): void {
    if (this.#canceled !== undefined) throw this.#canceled;
  }

  /** Never falls; what comes faster than it can be seen is left out. */
  #progress(fraction: number, note: string | undefined): void {
    if (!Number.isFinite(fraction)) return;
    const share = Math.min(1, Math.max(this.#fraction, fraction));
    const now = performance.now();
    const isNew = share === 1 ? this.#fraction < 1 : now - this.#progressAt >= progressEveryMs;
    this.#fraction = share;
    if (!isNew) return;
    this.#progressAt = now;
    this.#peer.notify('progress', {
      call: this.#id,
      fraction: share,
      ...(note === undefined ? {} : { note: note.slice(0, maxMessageLength) }),
    });
  }

  #log(level: 'info' | 'warn', message: string, facts: Readonly<Record<string, unknown>> | undefined): void {
    const { callId } = this.context;
    const line = { callId, level, message: String(message).slice(0, maxMessageLength) };
    this.#peer.notify('log', facts === undefined ? line : { ...line, facts });
  }
}

/**
 * SIGTERM is how the kernel tells that the host has died, and how the host ends a driver: at once, even one that
 * spins, because nothing listens for it. Only a critical section does.
 */
function ignoreTermination(): () => void {
  const ignore = (): void => {};
  process.on('SIGTERM', ignore);
  return () => {
    process.off('SIGTERM', ignore);
  };
}
