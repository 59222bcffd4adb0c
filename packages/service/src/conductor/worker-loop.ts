import type { Logger } from 'pino';

/** A piece of work that is done again and again. */
export interface WorkerLoop {
  start(): void;
  /** Does the work as soon as it can instead of at the end of the pause. */
  wake(): void;
  /** Resolves when the round in hand is done; none follows. */
  stop(): Promise<void>;
}

interface WorkerLoopInit {
  /** For the log: what could not be done. */
  readonly name: string;
  readonly pauseMs: number;
  /** One round; true when there is more to do at once. */
  readonly round: () => Promise<boolean>;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Logger;
}

/** Runs rounds one after another; one that fails is logged once and tried again after the pause. */
export function createWorkerLoop({ name, pauseMs, round, pause, log }: WorkerLoopInit): WorkerLoop {
  const stopped = new AbortController();
  let waking = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let failures = 0;

  async function once(): Promise<boolean> {
    try {
      const more = await round();
      if (failures > 0) log.info({ worker: name, failures }, 'the worker goes on');
      failures = 0;
      return more;
    } catch (err) {
      failures += 1;
      if (failures === 1)
        log.warn({ err, worker: name }, 'the worker failed; it tries again until it succeeds');
      return false;
    }
  }

  async function loop(): Promise<void> {
    while (!stopped.signal.aborted) {
      waking = new AbortController();
      if (await once()) continue;
      await pause(pauseMs, AbortSignal.any([stopped.signal, waking.signal]));
    }
  }

  return {
    start() {
      running = loop();
    },
    wake() {
      waking.abort();
    },
    async stop() {
      stopped.abort();
      await running;
    },
  };
}
