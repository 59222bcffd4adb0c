import type { PlacementStatus, Uuid } from '@cyborgjs/core';
import type { Logger } from 'pino';
import type { DesiredProvider } from './provider-tree.ts';

/** What one pass over the tree left in Placement. */
export interface WrittenTree {
  readonly requests: number;
  /** Names of providers that should go but are in use, and are closed instead. */
  readonly retained: readonly string[];
}

/** The tree that Placement shall hold below the host's provider. */
export interface DesiredTree {
  readonly providers: readonly DesiredProvider[];
  /** False while some driver has never answered: then absence means nothing, and nothing may be deleted. */
  readonly complete: boolean;
  /** Traits that drivers of this host ever reported, and that are therefore ours to remove. */
  readonly claimedTraits: ReadonlySet<string>;
}

/** Makes Placement hold exactly this tree. */
export type WriteTree = (tree: DesiredTree, signal: AbortSignal) => Promise<WrittenTree>;

interface PlacementWriterInit {
  readonly write: WriteTree;
  readonly desired: () => DesiredTree;
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

/** Keeps the host's tree in Placement as it should be, through outages and conflicts; idle until asked. */
export class PlacementWriter {
  readonly #init: PlacementWriterInit;
  readonly #stopped = new AbortController();
  #status: PlacementStatus = { enabled: true, agreedAt: null, error: null, retained: [] };
  #wanted = false;
  #running: Promise<void> | undefined;
  #toldProviders = '';

  constructor(init: PlacementWriterInit) {
    this.#init = init;
  }

  status(): PlacementStatus {
    return this.#status;
  }

  /** Asks for a pass over the tree; several asked for during one become one. */
  request(): void {
    this.#wanted = true;
    this.#running ??= this.#loop().finally(() => {
      this.#running = undefined;
      if (this.#wanted && !this.#stopped.signal.aborted) this.request();
    });
  }

  /** Ends the pass under way. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #loop(): Promise<void> {
    let failures = 0;
    while (this.#wanted && !this.#stopped.signal.aborted) {
      this.#wanted = false;
      try {
        await this.#pass();
        failures = 0;
      } catch (error) {
        if (this.#stopped.signal.aborted) return;
        this.#wanted = true;
        this.#noteFailure(error);
        failures += 1;
        const ceiling = Math.min(60_000, 1000 * 2 ** Math.min(failures, 6));
        await this.#init.pause(ceiling / 2 + (this.#init.random() * ceiling) / 2, this.#stopped.signal);
      }
    }
  }

  async #pass(): Promise<void> {
    const desired = this.#init.desired();
    const { retained } = await this.#init.write(desired, this.#stopped.signal);
    const held = desired.providers.map(({ deployable, uuid }) => ({ deployable, providerId: uuid }));
    if (JSON.stringify(held) !== this.#toldProviders) this.#init.onProviders(held);
    this.#toldProviders = JSON.stringify(held);
    const agreedAt = new Date(this.#init.now()).toISOString();
    this.#setStatus({ enabled: true, agreedAt, error: null, retained: [...retained] });
  }

  #noteFailure(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (this.#status.error !== message)
      this.#init.log.warn({ err: error }, 'Placement does not hold the tree yet; trying again');
    this.#setStatus({ ...this.#status, error: message });
  }

  #setStatus(next: PlacementStatus): void {
    const before = this.#status;
    this.#status = next;
    const isNews =
      before.agreedAt === null ||
      before.error !== next.error ||
      before.retained.join() !== next.retained.join();
    if (isNews) this.#init.onStatus(next);
  }
}
