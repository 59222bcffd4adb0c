import type { PlacementStatus, Uuid } from '@cyborgjs/core';
import type { Logger } from 'pino';
import type { DesiredProvider } from './provider-tree.ts';

/** What one pass over the tree left in Placement. */
export interface WrittenTree {
  readonly requests: number;
  /** Names of providers that should go but are in use, and are closed instead. */
  readonly retained: readonly string[];
}

/** Makes Placement hold exactly these providers below the host's; false in `complete` forbids deletions. */
export type WriteTree = (tree: {
  readonly providers: readonly DesiredProvider[];
  readonly complete: boolean;
  readonly signal: AbortSignal;
}) => Promise<WrittenTree>;

interface PlacementWriterInit {
  readonly write: WriteTree;
  readonly desired: () => { readonly providers: readonly DesiredProvider[]; readonly complete: boolean };
  readonly now: () => number;
  readonly random: () => number;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Logger;
  /** Called when the error or the set of retained providers changed. */
  readonly onStatus: (status: PlacementStatus) => void;
  /** Called when Placement holds another set of providers than last time. */
  readonly onProviders: (providers: readonly HeldProvider[]) => void;
}

/** A deployable that Placement holds, and its provider there. */
export interface HeldProvider {
  readonly deployable: string;
  readonly providerId: Uuid;
}

/** Keeps the host's tree in Placement as it should be, through outages and conflicts. */
export interface PlacementWriter {
  /** Asks for a pass; several asked for during one become one. */
  request(): void;
  status(): PlacementStatus;
  stop(): Promise<void>;
}

/** A writer that is idle until the first request. */
export function createPlacementWriter(init: PlacementWriterInit): PlacementWriter {
  const stopped = new AbortController();
  let status: PlacementStatus = { enabled: true, agreedAt: null, error: null, retained: [] };
  let wanted = false;
  let running: Promise<void> | undefined;
  let toldProviders = '';

  function setStatus(next: PlacementStatus): void {
    const changed =
      next.error !== status.error || next.retained.join() !== status.retained.join() || !status.agreedAt;
    status = next;
    if (changed) init.onStatus(status);
  }

  async function pass(): Promise<void> {
    const { providers, complete } = init.desired();
    const { retained } = await init.write({ providers, complete, signal: stopped.signal });
    const held = providers.map(({ deployable, uuid }) => ({ deployable, providerId: uuid }));
    if (JSON.stringify(held) !== toldProviders) init.onProviders(held);
    toldProviders = JSON.stringify(held);
    setStatus({
      enabled: true,
      agreedAt: new Date(init.now()).toISOString(),
      error: null,
      retained: [...retained],
    });
  }

  async function loop(): Promise<void> {
    let failures = 0;
    while (wanted && !stopped.signal.aborted) {
      wanted = false;
      try {
        await pass();
        failures = 0;
      } catch (error) {
        if (stopped.signal.aborted) return;
        failures += 1;
        wanted = true;
        const message = error instanceof Error ? error.message : String(error);
        if (status.error !== message) init.log.warn({ err: error }, 'Placement does not hold the tree yet');
        setStatus({ ...status, error: message });
        const ceiling = Math.min(60_000, 1000 * 2 ** Math.min(failures, 6));
        await init.pause(ceiling / 2 + (init.random() * ceiling) / 2, stopped.signal);
      }
    }
  }

  return {
    request() {
      wanted = true;
      running ??= loop().finally(() => {
        running = undefined;
        if (wanted && !stopped.signal.aborted) this.request();
      });
    },
    status: () => status,
    async stop() {
      stopped.abort();
      await running;
    },
  };
}
