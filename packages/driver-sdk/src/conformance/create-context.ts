import { type Clock, systemClock, watchDeadline } from '../clock.ts';
import { createPortClients } from '../create-port-clients.ts';
import type { DriverContext } from '../driver-context.ts';
import { createDriverRecords } from '../host/driver-records.ts';
import type { AnyPorts, NoPorts } from '../port.ts';
import { createMemoryRecords } from '../records/memory-records.ts';

interface ContextInit<Config, Ports> extends Pick<DriverContext<Config>, 'config' | 'sys'> {
  /** The driver's own, whose libraries `sys` has; default none. */
  readonly ports?: Ports;
  /** Default an empty one. */
  readonly store?: DriverContext['store'];
  readonly signal?: AbortSignal;
  /** The time, as of a simulated machine; default the real one. */
  readonly clock?: Clock;
  /** When the call must have ended; nobody enforces it. Default never. */
  readonly deadlineAt?: number;
  /** Time for the call, in milliseconds of the clock: then its signal aborts. Comes before `deadlineAt`. */
  readonly deadlineMs?: number;
  readonly dryRun?: boolean;
  readonly log?: DriverContext['log'];
  readonly progress?: DriverContext['progress'];
  readonly critical?: DriverContext['critical'];
}

/** A context for calling a driver's verbs from a test, without a host: unless told otherwise, its log and its progress go nowhere. */
export function createContext<Config, Ports extends AnyPorts = NoPorts>(
  init: ContextInit<Config, Ports>,
): DriverContext<Config, Ports> {
  const { clock = systemClock, deadlineMs } = init;
  const signal = signalOf(init, clock);
  return {
    config: init.config,
    sys: init.sys,
    ports: createPortClients(init.ports ?? ({} as Ports), init.sys, { signal }),
    signal,
    deadlineAt:
      deadlineMs === undefined ? (init.deadlineAt ?? Number.POSITIVE_INFINITY) : clock.now() + deadlineMs,
    dryRun: init.dryRun ?? false,
    callId: 'test',
    store:
      init.store ?? createDriverRecords({ driver: 'test', records: createMemoryRecords(), bootId: 'test' }),
    log: init.log ?? { info: () => {}, warn: () => {} },
    now: clock.now,
    pause: (ms) => clock.pause(ms, signal),
    progress: init.progress ?? (() => {}),
    critical: init.critical ?? ((_maxMs, work) => work()),
  };
}

function signalOf(
  { signal, deadlineMs }: { readonly signal?: AbortSignal; readonly deadlineMs?: number },
  clock: Clock,
): AbortSignal {
  const controller = new AbortController();
  if (deadlineMs !== undefined) watchDeadline(clock, deadlineMs, (failure) => controller.abort(failure));
  return signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]);
}
