import type { AgentDriver } from './agent-driver.ts';

interface HintedScansInit {
  /** Asks a driver what is there, beginning after this call. */
  readonly scan: (driver: AgentDriver) => Promise<unknown>;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  /** How long hints are gathered before a scan. */
  readonly gatherMs?: number;
  /** Pause after a scan before hints lead to the next one. */
  readonly restMs?: number;
}

/** Turns hints of drivers into scans: many hints at once into one, and never more than about one a second. */
export interface HintedScans {
  /** Something of this driver's hardware may have changed; what is urgent is not gathered with what else comes. */
  hint(driver: AgentDriver, options?: { readonly urgent?: boolean }): void;
}

/** Scans each driver by its own hints; a driver that hints without end costs its own scans only. */
export function createHintedScans(init: HintedScansInit): HintedScans {
  const { scan, pause, signal, gatherMs = 250, restMs = 1000 } = init;
  const hinted = new Set<AgentDriver>();
  const urgent = new Set<AgentDriver>();
  const atWork = new Set<AgentDriver>();

  async function work(driver: AgentDriver): Promise<void> {
    while (hinted.has(driver) && !signal.aborted) {
      if (!urgent.has(driver)) await pause(gatherMs, signal);
      hinted.delete(driver);
      urgent.delete(driver);
      if (signal.aborted) return;
      await scan(driver);
      await pause(restMs, signal);
    }
  }

  return {
    hint(driver, options) {
      hinted.add(driver);
      if (options?.urgent === true) urgent.add(driver);
      if (atWork.has(driver)) return;
      atWork.add(driver);
      void work(driver).finally(() => atWork.delete(driver));
    },
  };
}
