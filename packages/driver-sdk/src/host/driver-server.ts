import { setTimeout as delay } from 'node:timers/promises';
import type { DriverVerb } from '@cyborgjs/core';
import { type Driver, verbsOf } from '../driver.ts';
import { DriverError } from '../driver-error.ts';
import { createRealMachine } from '../machine/create-real-machine.ts';
import type { Machine } from '../machine.ts';
import { type LoadedDriver, loadDriver } from './load-driver.ts';
import { on, Peer } from './peer.ts';
import { processMarkVariable } from './process-mark.ts';
import {
  type HostMessage,
  hostMessages,
  type InitializeAnswer,
  type MachineChoice,
  protocolVersion,
} from './protocol.ts';
import { RunningCall } from './running-call.ts';

interface Initialized extends LoadedDriver {
  readonly machine: Machine;
  readonly permissions: HostMessage<'initialize'>['permissions'];
}

/** A driver's side of the wire: loads it once, runs its calls, and winds them up when the host asks or is gone. */
export class DriverServer {
  readonly peer: Peer;
  readonly #calls = new Map<number, RunningCall>();
  readonly #settled = new Set<Promise<unknown>>();
  #initialized: Initialized | undefined;

  constructor(onViolation: (complaint: string) => void) {
    this.peer = new Peer({
      onViolation,
      handlers: {
        initialize: on(hostMessages.initialize, (params) => this.#initialize(params)),
        call: on(hostMessages.call, (params, id) => this.#call(params, id)),
        cancel: on(hostMessages.cancel, ({ call, reason, message }) => {
          void this.#calls.get(call)?.cancel(new DriverError(reason, message));
        }),
        ping: on(hostMessages.ping, () => null),
        shutdown: on(hostMessages.shutdown, ({ graceMs }) => this.windUp(graceMs)),
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
    const { entry, config, machine, permissions } = params;
    const loaded = await loadDriver(entry, config);
    this.#initialized = { ...loaded, machine: await createMachine(machine), permissions };
    return { protocol: protocolVersion, verbs: verbsOf(loaded.driver) };
  }

  async #call(params: HostMessage<'call'>, id: number): Promise<unknown> {
    if (this.#initialized === undefined) throw new DriverError('unavailable', 'the driver is not loaded yet');
    const { driver, config, machine, permissions } = this.#initialized;
    const call = new RunningCall({ id, params, peer: this.peer, config, machine, permissions });
    this.#calls.set(id, call);
    const work = this.#run(driver, params, call);
    this.#settled.add(work);
    try {
      const answer = await work;
      return call.plan === undefined ? answer : { plan: call.plan };
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

/** Tools carry the mark of the process, so that the host finds those that outlive it. */
function toolEnvironment(): Readonly<Record<string, string>> {
  const mark = process.env[processMarkVariable];
  return mark === undefined ? {} : { [processMarkVariable]: mark };
}

async function createMachine({ kind, root }: MachineChoice): Promise<Machine> {
  if (kind === 'real') return createRealMachine({ root, environment: toolEnvironment() });
  const { createSimulatedMachine } = await import('../simulator/create-simulated-machine.ts');
  return createSimulatedMachine({ root });
}
