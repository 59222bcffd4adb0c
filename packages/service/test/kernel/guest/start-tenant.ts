import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Monitor, openMonitorSocket } from './monitor.ts';

/** A virtual machine inside the guest, with a free slot `rp0`. */
export interface Tenant {
  readonly monitor: Monitor;
  /** Whether it has taken hold of a device, by the id that it was given. */
  holds(id: string): Promise<boolean>;
  /** Ids of what its own PCI bus has, `vendor:device`; of a slot only when its firmware has looked there. */
  devices(): Promise<string[]>;
  /** Ends it; whatever it held is free then. */
  stop(): Promise<void>;
}

interface PciDevice {
  readonly id: { readonly vendor: number; readonly device: number };
  readonly pci_bridge?: { readonly devices?: readonly PciDevice[] };
}

const running = new Set<ChildProcess>();

/** Ends those that a failed test left behind. */
export function endTenants(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Starts one, which has no disk and no system: its firmware is enough to take hold of devices. */
export async function startTenant(name: string): Promise<Tenant> {
  const socket = `/tmp/${name}.qmp`;
  const child: ChildProcess = spawn(
    'qemu-system-x86_64',
    [
      ...['-machine', 'q35', '-accel', 'tcg', '-m', '64', '-nodefaults', '-display', 'none'],
      ...['-device', 'pcie-root-port,id=rp0,chassis=1,slot=1', '-qmp', `unix:${socket},server=on,wait=off`],
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  running.add(child);
  child.once('exit', () => running.delete(child));
  const monitor = await openMonitorSocket(socket);
  return {
    monitor,
    holds: async (id) =>
      (await monitor.execute('qom-get', { path: `/machine/peripheral/${id}`, property: 'realized' })) ===
      true,
    async devices() {
      const buses = (await monitor.execute('query-pci')) as readonly {
        readonly devices: readonly PciDevice[];
      }[];
      return buses.flatMap((bus) => bus.devices.flatMap(idsOf));
    },
    async stop() {
      monitor.close();
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

function idsOf({ id, pci_bridge: bridge }: PciDevice): string[] {
  const hex = (value: number): string => value.toString(16).padStart(4, '0');
  return [`${hex(id.vendor)}:${hex(id.device)}`, ...(bridge?.devices ?? []).flatMap(idsOf)];
}
