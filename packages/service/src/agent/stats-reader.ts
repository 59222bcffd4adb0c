import type { DriverCalls, StatsSample } from '@cyborgjs/core';
import type { Logger } from 'pino';
import type { AgentDriver } from './agent-driver.ts';
import type { Discovery } from './discovery.ts';

interface StatsReaderInit {
  /** Drivers may come and go; what the list holds counts. */
  readonly drivers: readonly AgentDriver[];
  readonly discovery: Pick<Discovery, 'inventories'>;
  readonly log: Logger;
  readonly tell: (driver: string, told: ToldStats) => void;
}

/** What goes up of a driver at once: what it has read, as far as it has, and how long its calls took. */
interface ToldStats {
  readonly sample?: StatsSample;
  readonly calls: DriverCalls;
}

/** Asks drivers for their statistics. */
export interface StatsReader {
  /**
   * Asks each driver that has `stats` and runs, unless its last answer is still waited for; waits for none. A failure
   * costs that driver's sample, and is logged when it is the first in a row. How long calls took is told of every driver.
   */
  read(): void;
}

/** Builds one; nothing runs before `read`. */
export function createStatsReader({ drivers, discovery, log, tell }: StatsReaderInit): StatsReader {
  const asked = new Set<AgentDriver>();
  const failing = new WeakSet<AgentDriver>();

  async function ask(driver: AgentDriver): Promise<void> {
    const known = discovery.inventories().get(driver.id) ?? [];
    const devices = known.map(({ identity, address }) => ({ identity, address }));
    try {
      const answer = devices.length === 0 ? {} : await driver.call('stats', devices);
      failing.delete(driver);
      if (drivers.includes(driver))
        tell(driver.id, {
          sample: { metrics: [...driver.metrics], devices: ofThese(devices, answer) },
          calls: driver.calls(),
        });
    } catch (err) {
      if (!failing.has(driver))
        log.warn({ err, driver: driver.id }, 'the statistics of a driver cannot be read');
      failing.add(driver);
      tellCalls(driver);
    }
  }

  function tellCalls(driver: AgentDriver): void {
    const calls = driver.calls();
    if (calls.durations.length > 0 && drivers.includes(driver)) tell(driver.id, { calls });
  }

  return {
    read() {
      for (const driver of drivers) {
        const { verbs, state } = driver.status();
        if (asked.has(driver)) continue;
        if (!verbs.includes('stats') || state !== 'running') {
          tellCalls(driver);
          continue;
        }
        asked.add(driver);
        void ask(driver).finally(() => asked.delete(driver));
      }
    },
  };
}

/** The readings of devices that were asked for: what else a driver tells belongs to nobody. */
function ofThese(
  devices: readonly { readonly identity: string }[],
  answer: Readonly<Record<string, Readonly<Record<string, number>>>>,
): StatsSample['devices'] {
  const readings = devices.flatMap(({ identity }) => {
    const own = Object.hasOwn(answer, identity) ? answer[identity] : undefined;
    return own === undefined ? [] : [[identity, { ...own }] as const];
  });
  return Object.fromEntries(readings);
}
