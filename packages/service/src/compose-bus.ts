import type { Bus } from './bus/bus.ts';
import { createMemoryBus } from './bus/memory-bus.ts';
import type { Config } from './config-schema.ts';
import type { Ports } from './ports.ts';

/** The bus that the configuration names; a broker's client is loaded only when it is wanted. */
export async function composeBus(config: Config['bus'], ports: Ports): Promise<Bus> {
  return watchBus(await openBus(config, ports), ports.breakpoint);
}

async function openBus(config: Config['bus'], ports: Ports): Promise<Bus> {
  const components = { sleep: ports.pause, log: ports.log };
  if (config.kind === 'memory') return createMemoryBus(components);
  const { createRabbitmqBus } = await import('./bus/rabbitmq-bus.ts');
  return createRabbitmqBus(components, { url: config.url, prefix: config.prefix });
}

/** The same bus, telling before and after everything that is sent; the bus itself when nobody listens. */
function watchBus(bus: Bus, tell: ((place: string) => void) | undefined): Bus {
  if (tell === undefined) return bus;
  return {
    ...bus,
    async sendCommand(host, command) {
      tell(`command.${command.kind}:before`);
      await bus.sendCommand(host, command);
      tell(`command.${command.kind}:after`);
    },
    async sendFact(fact) {
      tell(`fact.${fact.kind}:before`);
      await bus.sendFact(fact);
      tell(`fact.${fact.kind}:after`);
    },
  };
}
