import type { DiscoveredDevice } from '@cyborgjs/core';
import type { ConformanceFixture, StagedMachine } from '../../conformance/conformance-subject.ts';
import { DriverError, toDriverFailure } from '../../driver-error.ts';
import { createDriverHost, type DriverHost } from '../../host/driver-host.ts';
import type { CallVerb } from '../../host/host-limits.ts';
import { resolveDriverPackage } from '../../host/resolve-driver-package.ts';
import type { VerbAnswer, VerbArgument } from '../../host/verb-answers.ts';
import { observeMachine } from '../../machine/observe-machine.ts';
import { createMemoryRecords } from '../../records/memory-records.ts';
import { describeHint } from '../../watch-hint.ts';
import { type DevEvent, isRead } from './dev-event.ts';

interface DevSessionInit {
  /** Directory of the driver package. */
  readonly directory: string;
  readonly fixture: ConformanceFixture;
  readonly tell: (event: DevEvent) => void;
}

/** What the driver's process is made anew from, without anything else being lost: machine and attachments stay. */
export class DevSession {
  readonly #init: DevSessionInit;
  readonly #records = createMemoryRecords();
  readonly #machine: StagedMachine;
  #host: DriverHost | undefined;
  #devices: readonly DiscoveredDevice[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(init: DevSessionInit, machine: StagedMachine) {
    this.#init = init;
    this.#machine = machine;
  }

  /** A session on a fresh machine of the fixture; the driver has been started, or has failed to. */
  static async open(init: DevSessionInit): Promise<DevSession> {
    const session = new DevSession(init, await init.fixture.stage());
    await session.reload();
    return session;
  }

  /** The machine, to do something to it behind the driver's back. */
  get machine(): StagedMachine {
    return this.#machine;
  }

  /** The devices of the last discovery. */
  get devices(): readonly DiscoveredDevice[] {
    return this.#devices;
  }

  /** Starts the driver anew from what is in its directory now, and has it discover. */
  reload(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#host?.stop();
      this.#host = undefined;
      try {
        this.#host = this.#open();
        await this.#host.start();
      } catch (error) {
        this.#init.tell({ event: 'state', state: 'incompatible', failure: toDriverFailure(error) });
      }
      if (this.#host?.status().state === 'running') await this.#discover();
    });
  }

  discover(): Promise<void> {
    return this.#inTurn(() => this.#discover());
  }

  /** Calls a verb and tells how it went; never fails. */
  call<Verb extends CallVerb>(
    command: string,
    verb: Verb,
    argument: VerbArgument[Verb],
  ): Promise<VerbAnswer[Verb] | undefined> {
    return this.#inTurn(() => this.#call(command, verb, argument));
  }

  /** Ends the driver and takes the machine down. */
  async close(): Promise<void> {
    await this.#host?.stop();
    await this.#machine.dispose();
    await this.#init.fixture.close?.();
  }

  #open(): DriverHost {
    const { directory, fixture, tell } = this.#init;
    let before = '';
    const found = resolveDriverPackage({ directory });
    tell({ event: 'machine', name: fixture.name, driver: found.name, version: found.version });
    return createDriverHost({
      package: found,
      config: fixture.config,
      machine: this.#machine.machine,
      records: this.#records,
      audit: () => {},
      log: ({ source, level, message }) => {
        // What the host says of its end the state says too.
        if (source !== 'host') tell({ event: 'log', source, level, message });
      },
      onStatus: ({ state, failure }) => {
        const now = `${state} ${failure?.message}`;
        if (now !== before && state !== 'stopped') tell({ event: 'state', state, failure });
        before = now;
      },
      onHint: (hint) => {
        tell({ event: 'hint', reason: describeHint(hint) });
        void this.discover();
      },
      limits: { restartFirstMs: 3_600_000, watchAgainMs: 5000 },
    });
  }

  async #discover(): Promise<void> {
    const devices = await this.#call('discover', 'discover', {});
    if (devices === undefined) return;
    this.#devices = devices;
    this.#init.tell({ event: 'devices', devices });
  }

  async #call<Verb extends CallVerb>(
    command: string,
    verb: Verb,
    argument: VerbArgument[Verb],
  ): Promise<VerbAnswer[Verb] | undefined> {
    const { tell } = this.#init;
    const begun = performance.now();
    let reads = 0;
    try {
      if (this.#host === undefined) throw new DriverError('unavailable', 'the driver does not run');
      const answer = await this.#host.call(verb, argument, {
        interpose: (machine) =>
          observeMachine(machine, {
            after: (call, { ok }) => {
              if (isRead(call)) reads += 1;
              tell({ event: 'seam', during: verb, call, ok });
            },
          }),
        onProgress: (fraction, note) =>
          tell({
            event: 'log',
            source: verb,
            level: 'info',
            message: `${Math.round(fraction * 100)} % ${note ?? ''}`,
          }),
      });
      const shown = verb === 'discover' ? undefined : answer;
      tell({ event: 'done', command, answer: shown, reads, ms: Math.round(performance.now() - begun) });
      return answer;
    } catch (error) {
      tell({ event: 'failed', command, failure: toDriverFailure(error) });
      return undefined;
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
