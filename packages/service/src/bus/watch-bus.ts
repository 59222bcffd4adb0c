import type { Bus } from './bus.ts';

/** The same bus, telling before and after everything that is sent; the bus itself when nobody listens. */
export function watchBus(bus: Bus, tell: ((place: string) => void) | undefined): Bus {
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
