import { join } from 'node:path';
import type { ConfigFlags } from './config.ts';

/** Name of the host that the demonstration adds. */
export const simulatedHost = 'simulated-server';

/**
 * The settings of `--demo`: beside this machine, scanned for real, a simulated server with two GPUs, an SR-IOV
 * card and an FPGA.
 */
export function demoFlags(flags: ConfigFlags, stateDir: string): ConfigFlags {
  const drivers = [
    { package: '@cyborgjs/driver-gpu' },
    { package: '@cyborgjs/driver-fpga' },
    {
      package: '@cyborgjs/driver-pci',
      config: { devices: [{ vendor: '8086', class: '0200', model: 'Intel Ethernet E810' }] },
    },
  ];
  const root = join(stateDir, simulatedHost);
  const hosts = [{}, { name: simulatedHost, machine: { kind: 'simulated', root }, drivers }];
  return { ...flags, set: [...(flags.set ?? []), `agent.hosts=${JSON.stringify(hosts)}`] };
}
