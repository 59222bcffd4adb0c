import type { DriverVerb } from '@cyborgjs/core';

/** The verbs that are called and answered once; `watch` runs as long as the process does. */
export type CallVerb = Exclude<DriverVerb, 'watch'>;

/** How patient the host is with a driver's process, and how much it takes from it. All times in milliseconds. */
export interface HostLimits {
  /** From the start of the process to the end of its handshake. */
  readonly startMs: number;
  readonly pingEveryMs: number;
  /** Silence after which the process counts as hung and is killed. */
  readonly silenceMs: number;
  /** How long a hung process may live on for the sake of finding out where it spins. */
  readonly locateSpinMs: number;
  /** From the cancellation of a call to SIGTERM. */
  readonly cancelGraceMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly terminateGraceMs: number;
  /** From SIGKILL until the process is given up as unkillable: a system call that cannot be interrupted. */
  readonly killWaitMs: number;
  /** The longest critical section that a driver may ask for. */
  readonly criticalMaxMs: number;
  /** Pause before the first restart; doubles with each one up to `restartMaxMs`. */
  readonly restartFirstMs: number;
  readonly restartMaxMs: number;
  /** A process that lived this long has made up for all ends before it. */
  readonly healthyAfterMs: number;
  /** So many ends within `crashWindowMs` mean quarantine. */
  readonly crashLimit: number;
  readonly crashWindowMs: number;
  /** Pause between two tries in quarantine. */
  readonly probeEveryMs: number;
  /** Pause before a `watch` that ended is begun anew. */
  readonly watchAgainMs: number;
  /** How long the process that does writes and tools is kept when there is nothing to do. */
  readonly brokerIdleMs: number;
  /** Deadline of a call whose caller and manifest set none. */
  readonly callMs: Readonly<Record<CallVerb, number>>;
  /** A `program` that has told of no progress for this long is cancelled, when no critical section is open. */
  readonly programIdleMs: number;
  /** Old space of the process's JavaScript heap, in MiB. */
  readonly heapMb: number;
  /** A longer message ends the process. */
  readonly messageMaxBytes: number;
  /** Messages taken per second; those beyond wait in the driver's process. */
  readonly messagesPerSecond: number;
  /** Bytes taken per second from standard output and standard error, each. */
  readonly outputBytesPerSecond: number;
  /** Log lines passed on per second; those beyond are counted and dropped. */
  readonly logLinesPerSecond: number;
}

const seconds = 1000;
const minutes = 60 * seconds;

/** What holds where the host's owner says nothing else. */
export const usualLimits: HostLimits = {
  startMs: 10 * seconds,
  pingEveryMs: 1 * seconds,
  silenceMs: 3 * seconds,
  locateSpinMs: 500,
  cancelGraceMs: 5 * seconds,
  terminateGraceMs: 2 * seconds,
  killWaitMs: 5 * seconds,
  criticalMaxMs: 60 * minutes,
  restartFirstMs: 1 * seconds,
  restartMaxMs: 5 * minutes,
  healthyAfterMs: 10 * minutes,
  crashLimit: 5,
  crashWindowMs: 10 * minutes,
  probeEveryMs: 15 * minutes,
  watchAgainMs: 30 * seconds,
  brokerIdleMs: 10 * seconds,
  callMs: {
    discover: 30 * seconds,
    status: 10 * seconds,
    stats: 10 * seconds,
    attach: 30 * seconds,
    detach: 30 * seconds,
    install: 5 * minutes,
    uninstall: 5 * minutes,
    program: 30 * minutes,
  },
  programIdleMs: 15 * minutes,
  heapMb: 256,
  messageMaxBytes: 32 * 2 ** 20,
  messagesPerSecond: 5000,
  outputBytesPerSecond: 4 * 2 ** 20,
  logLinesPerSecond: 50,
};

/**
 * The limits of a machine on which everything takes so many times longer than usual: a slow or an emulated one. What
 * is asked of drivers themselves, the deadlines of their calls, stays.
 */
export function patientLimits(times: number): Partial<HostLimits> {
  const { startMs, silenceMs, cancelGraceMs, terminateGraceMs, killWaitMs } = usualLimits;
  const usual = { startMs, silenceMs, cancelGraceMs, terminateGraceMs, killWaitMs };
  return Object.fromEntries(Object.entries(usual).map(([name, ms]) => [name, ms * times]));
}
