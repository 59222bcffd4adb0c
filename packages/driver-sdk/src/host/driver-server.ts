import { setTimeout as delay } from 'node:timers/promises';
import type { DriverVerb } from '@cyborgjs/core';
import type { Clock } from '../clock.ts';
import { type Driver, verbsOf } from '../driver.ts';
import { DriverError } from '../driver-error.ts';
import { createRealMachine } from '../machine/create-real-machine.ts';
import { invokeIn } from '../machine/with-libraries.ts';
import type { Machine } from '../machine.ts';
import { portAccess } from '../port.ts';
import { hintFor } from '../watch-hint.ts';
import { type LoadedDriver, loadDriver } from './load-driver.ts';
import { on, Peer, trusted } from './peer.ts';
import type { HostMessage, HostMethod, InitializeAnswer, MachineChoice } from './protocol.ts';
import { protocolVersion } from './protocol-version.ts';
import { RunningCall } from './running-call.ts';
import { SeamClient } from './seam-client.ts';

interface Initialized extends LoadedDriver {
  /** Version of the driver contract that the host keeps to. */
  readonly api: string;
  /** The machine to read from; undefined where all goes to the host. */
  readonly local: Machine | undefined;
  /** The clock of a simulated machine. */
  readonly clock: Clock | undefined;
  /** Calls the vendor's libraries, which are in this process. */
  readonly invoke: Machine['invoke'];
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
        invoke: on(from<'invoke'>(), (params) => this.#invoke(params)),
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
    const { protocol, api, entry, config, seam, machine, permissions } = params;
    if (protocol !== protocolVersion)
      throw new DriverError(
        'unsupported',
        `protocol ${String(protocol)} is not spoken, only ${protocolVersion}`,
      );
    if (entry === null) throw new DriverError('invalid', 'no entry module was named');
    const loaded = await loadDriver(entry, config);
    const { driver } = loaded;
    const invoke = invokeIn(driver.ports ?? {});
    const local = seam === 'local' && machine !== null ? await openToRead(machine, invoke) : undefined;
    const clock = machine?.kind === 'simulated' ? await clockOf(machine.root) : undefined;
    this.#initialized = { ...loaded, api, local, clock, invoke, permissions };
    const ports = portAccess(driver.ports);
    return {
      protocol: protocolVersion,
      verbs: verbsOf(driver),
      ...(Object.keys(ports).length === 0 ? {} : { ports }),
    };
  }

  async #call(params: HostMessage<'call'>, id: number): Promise<unknown> {
    if (this.#initialized === undefined) throw new DriverError('unavailable', 'the driver is not loaded yet');
    const { driver, api, ...initialized } = this.#initialized;
    const remote = this.#seam.machine(id);
    const ports = driver.ports ?? {};
    const call = new RunningCall({ ...initialized, ports, id, params, peer: this.peer, remote });
    this.#calls.set(id, call);
    const work = params.verb === 'watch' ? this.#watch(driver, api, call) : run(driver, params, call);
    this.#settled.add(work);
    try {
      return await work;
    } finally {
      call.end();
      this.#calls.delete(id);
      this.#settled.delete(work);
    }
  }

  /** The host has let a call of a library through, on behalf of one of its verbs. */
  async #invoke({ call: id, ...use }: HostMessage<'invoke'>): Promise<unknown> {
    const call = this.#calls.get(id);
    if (call === undefined || this.#initialized === undefined)
      throw new DriverError('not_found', `call ${id} is not under way`);
    return this.#initialized.invoke(use, { signal: call.context.signal });
  }

  async #watch(driver: Driver, api: string, { context }: RunningCall): Promise<null> {
    if (driver.watch === undefined) throw noSuchVerb('watch');
    for await (const hint of driver.watch(context)) this.peer.notify('hint', { hint: hintFor(api, hint) });
    return null;
  }
}

type Verb = (...args: readonly unknown[]) => Promise<unknown>;

/** The argument is what the host says it is; its types were the host's to keep. */
async function run(
  driver: Driver,
  { verb, argument }: HostMessage<'call'>,
  { context }: RunningCall,
): Promise<unknown> {
  const work = driver[verb] as Verb | undefined;
  if (work === undefined) throw noSuchVerb(verb);
  return work.call(driver, context, argument);
}

const noSuchVerb = (verb: DriverVerb): DriverError =>
  new DriverError('unsupported', `the driver has no ${verb}`);

async function openToRead({ kind, root }: MachineChoice, invoke: Machine['invoke']): Promise<Machine> {
  if (kind === 'real') return { ...createRealMachine({ root }), invoke };
  const { createSimulatedMachine } = await import('../simulator/create-simulated-machine.ts');
  return createSimulatedMachine({ root, readOnly: true });
}

/** The simulator is loaded only where there is one. */
async function clockOf(root: string): Promise<Clock> {
  const { createSimulatedClock } = await import('../simulator/simulated-clock.ts');
  return createSimulatedClock(root);
}
