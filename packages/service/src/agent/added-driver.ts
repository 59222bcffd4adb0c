import type { DriverStatus } from '@cyborgjs/core';
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
export function createAddedDriver(driver: AllowedDriver, init: AddedDriverInit): AgentDriver {
  const { directory, open, onStatus } = init;
  let host: AgentDriver | undefined;
  let down: Pick<DriverStatus, 'state' | 'failure'> = { state: 'stopped', failure: null };

  function status(): DriverStatus {
    if (host !== undefined) return host.status();
    return {
      id: driver.id,
      package: driver.package,
      version: driver.version,
      verbs: [],
      restarts: 0,
      ...down,
    };
  }

  function stayDown(next: typeof down): void {
    down = next;
    onStatus(status());
  }

  async function start(): Promise<void> {
    if (!driver.enabled) return stayDown({ state: 'disabled', failure: null });
    try {
      host = open(await resolve(), async () => void (await checkInstallation(directory, driver)));
    } catch (error) {
      return stayDown(refusalOf(error));
    }
    await host.start();
  }

  /** What speaks against the files comes first: it is why the manifest cannot be read, as a rule. */
  async function resolve(): Promise<DriverPackage> {
    try {
      return resolveAllowed(directory, driver);
    } catch (error) {
      await checkInstallation(directory, driver);
      throw error;
    }
  }

  function hosted(): AgentDriver {
    if (host !== undefined) return host;
    const { state, failure } = down;
    const why = failure === null ? '' : `: ${failure.message}`;
    const mend = state === 'disabled' ? { hint: `cyborgd driver enable ${driver.id}` } : {};
    throw new DriverError('unavailable', `driver ${driver.id} is ${state}${why}`, {
      retry: 'later',
      ...mend,
    });
  }

  return {
    id: driver.id,
    status,
    start,
    retry: () => host?.retry() ?? start(),
    stop: async () => host?.stop(),
    call: async (verb, argument, options) => hosted().call(verb, argument, options),
    plan: async (verb, argument, options) => hosted().plan(verb, argument, options),
  };
}
