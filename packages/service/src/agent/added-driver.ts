import type { DriverCalls, DriverStatus } from '@cyborgjs/core';
import { DriverError } from '@cyborgjs/driver-sdk';
import type { DriverPackage } from '@cyborgjs/driver-sdk/host';
import { checkInstallation, refusalOf, resolveAllowed } from '../drivers/check-installation.ts';
import type { AllowedDriver } from '../drivers/driver-list.ts';
import type { AgentDriver } from './agent-driver.ts';

interface AddedDriverInit {
  /** The driver directory. */
  readonly directory: string;
  /** Makes the host of its package; `admit` must be called before each start of a process. */
  readonly open: (found: DriverPackage, admit: () => Promise<void>) => AgentDriver;
  readonly onStatus: (status: DriverStatus) => void;
}

/**
 * A driver from the operator's driver directory. When it is disabled, or not installed as it was admitted, it is
 * there all the same: it says so, its calls fail, and what it found before stays as it is.
 */
export class AddedDriver implements AgentDriver {
  readonly #driver: AllowedDriver;
  readonly #init: AddedDriverInit;
  #host: AgentDriver | undefined;
  #down: Pick<DriverStatus, 'state' | 'failure'> = { state: 'stopped', failure: null };

  constructor(driver: AllowedDriver, init: AddedDriverInit) {
    this.#driver = driver;
    this.#init = init;
  }

  get id(): string {
    return this.#driver.id;
  }

  get metrics(): AgentDriver['metrics'] {
    return this.#host?.metrics ?? [];
  }

  calls(): DriverCalls {
    return this.#host?.calls() ?? { bounds: [], durations: [] };
  }

  status(): DriverStatus {
    if (this.#host !== undefined) return this.#host.status();
    const { id, package: name, version } = this.#driver;
    return { id, package: name, version, verbs: [], restarts: 0, ...this.#down };
  }

  async start(): Promise<void> {
    if (!this.#driver.enabled) return this.#stayDown({ state: 'disabled', failure: null });
    try {
      const found = await this.#resolve();
      this.#host = this.#init.open(found, async () => void (await this.#check()));
    } catch (error) {
      return this.#stayDown(refusalOf(error));
    }
    await this.#host.start();
  }

  retry(): Promise<void> {
    return this.#host?.retry() ?? this.start();
  }

  async stop(): Promise<void> {
    await this.#host?.stop();
  }

  call: AgentDriver['call'] = async (verb, argument, options) => this.#hosted().call(verb, argument, options);

  plan: AgentDriver['plan'] = async (verb, argument, options) => this.#hosted().plan(verb, argument, options);

  #stayDown(down: Pick<DriverStatus, 'state' | 'failure'>): void {
    this.#down = down;
    this.#init.onStatus(this.status());
  }

  #check(): Promise<DriverPackage> {
    return checkInstallation(this.#init.directory, this.#driver);
  }

  /** What speaks against the files comes first: it is why the manifest cannot be read, as a rule. */
  async #resolve(): Promise<DriverPackage> {
    try {
      return resolveAllowed(this.#init.directory, this.#driver);
    } catch (error) {
      await this.#check();
      throw error;
    }
  }

  #hosted(): AgentDriver {
    if (this.#host !== undefined) return this.#host;
    const { state, failure } = this.#down;
    const why = failure === null ? '' : `: ${failure.message}`;
    const mend = state === 'disabled' ? { hint: `cyborgd driver enable ${this.id}` } : {};
    throw new DriverError('unavailable', `driver ${this.id} is ${state}${why}`, { retry: 'later', ...mend });
  }
}
