import { z } from 'zod';
import type { Driver } from '../driver.ts';
import type { DriverContext } from '../driver-context.ts';
import { DriverError } from '../driver-error.ts';
import { createDriverHost, type DriverHost } from './driver-host.ts';
import type { CallVerb } from './host-limits.ts';
import type { DriverPackage } from './resolve-driver-package.ts';
import type { VerbArgument } from './verb-answers.ts';

/** A driver that is called like any other and runs in a process of its own. */
export interface HostedDriver {
  /** Its verbs, as the manifest names them. What they ask of the machine goes to their context's `sys`. */
  readonly driver: Driver;
  /** Kills its process, as a crash would. The next call starts another. */
  crash(): void;
  /** Ends its process. */
  close(): Promise<void>;
}

const patientMs = 10 * 60_000;

/**
 * The driver of a package as an object whose verbs run in a real process, with everything that touches the machine
 * coming back through the seam: a driver in any language under the conformance kit, faults and all. Its settings
 * are those of the context of a call; its schema is the manifest's JSON Schema. Critical sections are the host's.
 */
export function createHostedDriver(driver: DriverPackage): HostedDriver {
  const process = new HostedProcess(driver);
  const { verbs, config = {} } = driver.manifest;
  const call = (verb: CallVerb) => (context: DriverContext, argument?: unknown) =>
    process.call(verb, context, argument);
  const functions = verbs.filter((verb) => verb !== 'watch').map((verb) => [verb, call(verb)] as const);
  return {
    driver: { config: z.fromJSONSchema(config), ...Object.fromEntries(functions) } as Driver,
    crash: () => process.crash(),
    close: () => process.close(),
  };
}

interface Hosted {
  readonly host: DriverHost;
  /** What it was started with. */
  readonly settings: string;
}

class HostedProcess {
  readonly #package: DriverPackage;
  readonly #contexts = new Map<string, DriverContext>();
  readonly #ending = new Set<Promise<void>>();
  #hosted: Hosted | undefined;
  #calls = 0;

  constructor(driver: DriverPackage) {
    this.#package = driver;
  }

  async call(verb: CallVerb, context: DriverContext, argument: unknown): Promise<unknown> {
    const host = await this.#hostWith(context.config);
    const callId = String(++this.#calls);
    this.#contexts.set(callId, context);
    try {
      return await host.ask(verb, (argument ?? {}) as VerbArgument[CallVerb], {
        callId,
        signal: context.signal,
        deadlineMs: patientMs,
        dryRun: context.dryRun,
        onProgress: context.progress,
        interpose: () => context.sys,
      });
    } finally {
      this.#contexts.delete(callId);
    }
  }

  crash(): void {
    const pid = this.#hosted?.host.processId;
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    this.#drop();
  }

  async close(): Promise<void> {
    this.#drop();
    await Promise.all(this.#ending);
  }

  #drop(): void {
    if (this.#hosted === undefined) return;
    const end = this.#hosted.host.stop();
    this.#ending.add(end);
    void end.finally(() => this.#ending.delete(end));
    this.#hosted = undefined;
  }

  async #hostWith(config: unknown): Promise<DriverHost> {
    const settings = JSON.stringify(config);
    if (this.#hosted?.settings !== settings || this.#hosted.host.processId === undefined) this.#drop();
    this.#hosted ??= { host: this.#createHost(config), settings };
    const { host } = this.#hosted;
    await host.start();
    const { failure, state } = host.status();
    if (state !== 'running' && failure !== null) throw DriverError.fromFailure(failure);
    return host;
  }

  #createHost(config: unknown): DriverHost {
    return createDriverHost({
      package: this.#package,
      config,
      machine: nowhere,
      log: ({ callId, level, message, facts }) => {
        this.#contexts.get(callId ?? '')?.log[level](message, facts);
      },
      audit: () => {},
      limits: { messagesPerSecond: Number.POSITIVE_INFINITY },
    });
  }
}

/** Every call brings a machine of its own. */
const away = async (): Promise<never> => {
  throw new DriverError('unavailable', 'the call has no machine');
};
const nowhere = {
  read: away,
  readBytes: away,
  list: away,
  link: away,
  resolve: away,
  write: away,
  run: away,
  invoke: away,
};
