import { setTimeout as delay } from 'node:timers/promises';
import { DriverError } from '../driver-error.ts';
import { noLibrary } from '../machine/with-libraries.ts';
import type { Machine } from '../machine.ts';
import type { DriverLogSink } from './driver-log-line.ts';
import { logOutput } from './driver-log-line.ts';
import type { HostLimits } from './host-limits.ts';
import { createLineChannel } from './line-channel.ts';
import { on, Peer } from './peer.ts';
import { hostMessages, type MachineChoice, WireFailure } from './protocol.ts';
import { SeamClient } from './seam-client.ts';
import { type DriverChild, nodeCommand, type SendSignal, spawnChild } from './spawn-child.ts';

const heapMb = 64;

/** The machine on which a broker does what it has allowed. */
export interface BrokerMachine {
  readonly machine: Machine;
  /** A section begins in which no tool may be cut off, even when this process dies. */
  critical(section: number, maxMs: number): void;
  criticalEnd(section: number): void;
  /** Ends what is under way, whatever it waits for. Resolves when nothing of it is left, or it was given up. */
  close(): Promise<void>;
}

interface BrokerMachineOptions {
  readonly driver: string;
  readonly machine: Machine | MachineChoice;
  readonly limits: HostLimits;
  readonly mark: string;
  readonly log: DriverLogSink;
  readonly sendSignal: SendSignal;
}

/**
 * The machine of a choice: the real one in a process of its own, since a system call there may block for ever; a
 * simulated one, or one that was passed in, in this process.
 */
export async function openBrokerMachine(options: BrokerMachineOptions): Promise<BrokerMachine> {
  const { machine } = options;
  if (!('kind' in machine)) return inThisProcess(machine);
  if (machine.kind === 'real') return new BrokerProcess(options, machine.root);
  const { createSimulatedMachine } = await import('../simulator/create-simulated-machine.ts');
  const ending = new AbortController();
  const simulated = createSimulatedMachine({ root: machine.root, signal: ending.signal });
  return { ...inThisProcess(simulated), close: async () => ending.abort() };
}

const inThisProcess = (machine: Machine): BrokerMachine => ({
  machine,
  critical: () => {},
  criticalEnd: () => {},
  close: async () => {},
});

interface Running {
  readonly child: DriverChild;
  readonly peer: Peer;
  readonly machine: Machine;
}

/** The process that does it on the real machine: started when there is something to do, ended when there is not. */
class BrokerProcess implements BrokerMachine {
  readonly machine: Machine;
  readonly #options: BrokerMachineOptions;
  readonly #root: string;
  /** When each open section ends at the latest. */
  readonly #sections = new Map<number, number>();
  #running: Promise<Running> | undefined;
  #underWay = 0;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: BrokerMachineOptions, root: string) {
    this.#options = options;
    this.#root = root;
    this.machine = {
      read: (path) => this.#do((machine) => machine.read(path)),
      readBytes: (path, part) => this.#do((machine) => machine.readBytes(path, part)),
      list: (path) => this.#do((machine) => machine.list(path)),
      link: (path) => this.#do((machine) => machine.link(path)),
      resolve: (path) => this.#do((machine) => machine.resolve(path)),
      write: (path, text) => this.#do((machine) => machine.write(path, text)),
      run: (tool, args, options) => this.#do((machine) => machine.run(tool, args, options)),
      invoke: noLibrary,
    };
  }

  critical(section: number, maxMs: number): void {
    this.#sections.set(section, performance.now() + maxMs);
    void this.#running?.then(({ peer }) => peer.notify('critical', { section, maxMs }), ignore);
  }

  criticalEnd(section: number): void {
    if (this.#sections.delete(section))
      void this.#running?.then(({ peer }) => peer.notify('criticalEnd', { section }), ignore);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#stop();
  }

  async #do<Result>(work: (machine: Machine) => Promise<Result>): Promise<Result> {
    clearTimeout(this.#idle);
    this.#underWay++;
    try {
      if (this.#closed) throw this.#gone();
      this.#running ??= this.#start();
      const running = this.#running;
      running.catch(() => this.#forget(running));
      return await work((await running).machine);
    } finally {
      this.#underWay--;
      if (this.#underWay === 0)
        this.#idle = setTimeout(() => void this.#stop(), this.#options.limits.brokerIdleMs).unref();
    }
  }

  async #start(): Promise<Running> {
    const { driver, mark, sendSignal, limits, log } = this.#options;
    const title = `cyborg-broker ${driver}`;
    const command = nodeCommand({ entry: './host/broker-child', title, heapMb, args: [this.#root] });
    const child = await spawnChild({ command, mark, sendSignal });
    for (const source of ['stdout', 'stderr'] as const) {
      const onLine = (message: string): void =>
        log({ driver, source: 'host', level: 'warn', message: `its broker: ${message}` });
      logOutput(child.output[source], { bytesPerSecond: limits.outputBytesPerSecond, onLine });
    }
    const started = this.#running;
    const { peer, client } = this.#connect(child, () => this.#forget(started));
    for (const [section, until] of this.#sections) {
      const maxMs = until - performance.now();
      if (maxMs > 0) peer.notify('critical', { section, maxMs });
    }
    const running = { child, peer, machine: client.machine(0) };
    return running;
  }

  /** The next thing to do starts another process. */
  #forget(running: Promise<Running> | undefined): void {
    if (this.#running === running) this.#running = undefined;
  }

  #connect(child: DriverChild, onGone: () => void): { readonly peer: Peer; readonly client: SeamClient } {
    const { driver, limits, log } = this.#options;
    const tell = (message: string): void => log({ driver, source: 'host', level: 'warn', message });
    const client: SeamClient = new SeamClient(() => peer);
    const peer: Peer = new Peer({
      failures: WireFailure,
      onViolation: (complaint) => tell(`its broker sent ${complaint}`),
      handlers: { sysLine: on(hostMessages.sysLine, (line) => client.line(line)) },
    });
    peer.connect(
      createLineChannel({
        stream: child.wire,
        maxBytes: limits.messageMaxBytes,
        messagesPerSecond: Number.POSITIVE_INFINITY,
        onMessage: (message) => peer.receive(message),
        onGarbage: (complaint) => tell(`its broker sent ${complaint}`),
        onClosed: () => {
          onGone();
          peer.close(this.#gone());
        },
      }),
    );
    return { peer, client };
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#idle);
    const running = await this.#running?.catch(() => undefined);
    this.#running = undefined;
    if (running === undefined) return;
    const { child, peer } = running;
    const { terminateGraceMs, killWaitMs } = this.#options.limits;
    peer.close(this.#gone());
    const gone = child.exited.then(() => true);
    if (await Promise.race([gone, delay(terminateGraceMs, false, { ref: false })])) return;
    child.signal('SIGKILL');
    if (!(await Promise.race([gone, delay(killWaitMs, false, { ref: false })]))) child.abandon();
  }

  #gone(): DriverError {
    return new DriverError('unavailable', `the broker of driver ${this.#options.driver} has ended`);
  }
}

function ignore(): void {}
