import { createPortClients } from '../create-port-clients.ts';
import type { DriverContext } from '../driver-context.ts';
import { createDriverRecords } from '../host/driver-records.ts';
import { pauseCall } from '../pause-call.ts';
import type { AnyPorts, NoPorts } from '../port.ts';
import { createMemoryRecords } from '../records/memory-records.ts';

interface ContextInit<Config, Ports> extends Pick<DriverContext<Config>, 'config' | 'sys'> {
  /** The driver's own, whose libraries `sys` has; default none. */
  readonly ports?: Ports;
  /** Default an empty one. */
  readonly store?: DriverContext['store'];
  readonly signal?: AbortSignal;
  /** Default never. */
  readonly deadlineAt?: number;
  readonly dryRun?: boolean;
  readonly log?: DriverContext['log'];
  readonly progress?: DriverContext['progress'];
  readonly critical?: DriverContext['critical'];
}

/** A context for calling a driver's verbs from a test, without a host: unless told otherwise, its log and its progress go nowhere. */
export function createContext<Config, Ports extends AnyPorts = NoPorts>(
  init: ContextInit<Config, Ports>,
): DriverContext<Config, Ports> {
  const signal = init.signal ?? new AbortController().signal;
  return {
    config: init.config,
    sys: init.sys,
    ports: createPortClients(init.ports ?? ({} as Ports), init.sys, { signal }),
    signal,
    deadlineAt: init.deadlineAt ?? Number.POSITIVE_INFINITY,
    dryRun: init.dryRun ?? false,
    callId: 'test',
    store:
      init.store ?? createDriverRecords({ driver: 'test', records: createMemoryRecords(), bootId: 'test' }),
    log: init.log ?? { info: () => {}, warn: () => {} },
    pause: (ms) => pauseCall(ms, signal),
    progress: init.progress ?? (() => {}),
    critical: init.critical ?? ((_maxMs, work) => work()),
  };
}
