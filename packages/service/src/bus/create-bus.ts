import type { Config } from '../config-schema.ts';
import type { Ports } from '../ports.ts';
import type { Bus } from './bus.ts';
import { createMemoryBus } from './memory-bus.ts';

/** The bus that the configuration names; a broker's client is loaded only when it is wanted. */
export async function createBus(config: Config['bus'], ports: Pick<Ports, 'pause' | 'log'>): Promise<Bus> {
  const components = { sleep: ports.pause, log: ports.log };
  if (config.kind === 'memory') return createMemoryBus(components);
  const { createRabbitmqBus } = await import('./rabbitmq-bus.ts');
  return createRabbitmqBus(components, { url: config.url, prefix: config.prefix });
}
