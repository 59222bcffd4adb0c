import { setTimeout as delay } from 'node:timers/promises';
import type { DriverVerb } from '@cyborgjs/core';
import { type Driver, verbsOf } from '../driver.ts';
import { DriverError } from '../driver-error.ts';
import { createRealMachine } from '../machine/create-real-machine.ts';
import type { Machine } from '../machine.ts';
import { type LoadedDriver, loadDriver } from './load-driver.ts';
import { on, Peer, trusted } from './peer.ts';
import type { HostMessage, HostMethod, InitializeAnswer, MachineChoice } from './protocol.ts';
import { protocolVersion } from './protocol-version.ts';
import { RunningCall } from './running-call.ts';
import { SeamClient } from './seam-client.ts';

interface Initialized extends LoadedDriver {
  /** The machine to read from; undefined where all goes to the host. */
  readonly local: Machine | undefined;
  readonly permissions: HostMessage<'initialize'>['permissions'];
}

/** A driver's side of the wire: loads it once, runs its calls, and winds them up when the host asks or is gone. */
export class DriverServer {
  readonly peer: Peer;
  readonly #calls = new Map<number, RunningCall>();
  readonly #settled = new Set<Promise<unknown>>();
  readonly #seam = new SeamClient(() => this.peer);
  #initialized: Initialized | undefined;

  constructor(onViolation: (complaint: string) => void) {
    const from = <Method extends HostMethod>() => trusted<HostMessage<Method>>();
    this.peer = new Peer({
      failures: trusted(),
      onViolation,
      handlers: {
        initialize: on(from<'initialize'>(), (params) => this.#initialize(params)),
        call: on(from<'call'>(), (params, id) => this.#call(params, id)),
        cancel: on(from<'cancel'>(), ({ call, reason, message }) => {
          void this.#calls.get(call)?.cancel(new DriverError(reason, message));
        }),
        ping: on(from<'ping'>(), () => null),
        sysLine: on(from<'sysLine'>(), (line) => this.#seam.line(line)),
        shutdown: on(from<'shutdown'>(), ({ graceMs }) => this.windUp(graceMs)),
      },
    });
  }

  /** Cancels all calls, waits for their critical sections, and then for their end, no longer than the grace. */
  async windUp(graceMs: number): Promise<void> {
    const reason = new DriverError('canceled', 'the driver is being stopped');
    await Promise.all([...this.#calls.values()].map((call) => call.cancel(reason)));
    await Promise.race([Promise.allSettled(this.#settled), delay(graceMs, undefined, { ref: false })]);
  }

  async #initialize(params: HostMessage<'initialize'>): Promise<InitializeAnswer> {
    const { protocol, entry, config, seam, machine, permissions } = params;
    if (protocol !== protocolVersion)
      throw new DriverError(
        'unsupported',
        `protocol ${String(protocol)} is not spoken, only ${protocolVersion}`,
      );
    if (entry === null) throw new DriverError('invalid', 'no entry module was named');
    const loaded = await loadDriver(entry, config);
    const local = seam === 'local' && machine !== null ? await openToRead(machine) : undefined;
    this.#initialized = { ...loaded, local, permissions };
    return { protocol: protocolVersion, verbs: verbsOf(loaded.driver) };
  }

  async #call(params: HostMessage<'call'>, id: number): Promise<unknown> {
    if (this.#initialized === undefined) throw new DriverError('unavailable', 'the driver is not loaded yet');
    const { driver, ...initialized } = this.#initialized;
    const remote = this.#seam.machine(id);
    const call = new RunningCall({ ...initialized, id, params, peer: this.peer, remote });
    this.#calls.set(id, call);
    const work = this.#run(driver, params, call);
    this.#settled.add(work);
    try {
      return await work;
    } finally {
      this.#calls.delete(id);
      this.#settled.delete(work);
    }
  }

  async #run(driver: Driver, { verb, argument }: HostMessage<'call'>, call: RunningCall): Promise<unknown> {
    if (verb !== 'watch') return invoke(driver, verb, [call.context, argument]);
    if (driver.watch === undefined) throw noSuchVerb(verb);
    for await (const hint of driver.watch(call.context)) this.peer.notify('hint', { hint });
    return null;
  }
}

type Verb = (...args: readonly unknown[]) => Promise<unknown>;

/** The argument is what the host says it is; its types were the host's to keep. */
async function invoke(
  driver: Driver,
  verb: Exclude<DriverVerb, 'watch'>,
  args: readonly unknown[],
): Promise<unknown> {
  const run = driver[verb] as Verb | undefined;
  if (run === undefined) throw noSuchVerb(verb);
  return run.apply(driver, [...args]);
}

const noSuchVerb = (verb: DriverVerb): DriverError =>
  new DriverError('unsupported', `the driver has no ${verb}`);

async function openToRead({ kind, root }: MachineChoice): Promise<Machine> {
  if (kind === 'real') return createRealMachine({ root });
  const { createSimulatedMachine } = await import('../simulator/create-simulated-machine.ts');
  return createSimulatedMachine({ root, readOnly: true });
}
