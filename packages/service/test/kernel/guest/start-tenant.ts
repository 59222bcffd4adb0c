import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { type Monitor, openMonitorSocket } from './monitor.ts';

/** A virtual machine inside the guest, with a free slot `rp0`. */
export interface Tenant {
  readonly monitor: Monitor;
  /** A second monitor that nobody is connected to: QEMU serves one client at each. */
  readonly socket: string;
  /** Whether it has taken hold of a device, by the id that it was given. */
  holds(id: string): Promise<boolean>;
  /** Addresses of the host's functions that it has now. */
  functions(): Promise<string[]>;
  /** Ids of what its own PCI bus has, `vendor:device`; of a slot only when its firmware has looked there. */
  devices(): Promise<string[]>;
  /** Ends it; whatever it held is free then. */
  stop(): Promise<void>;
}

/** One with a Linux, which notices what is plugged and lets go of what shall be pulled out. */
export interface LinuxTenant extends Tenant {
  /** Ids of what its kernel has on its bus now, `vendor:device`; none while it boots. */
  found(): readonly string[];
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
export function startTenant(name: string): Promise<Tenant> {
  return start(name, ['-m', '64']);
}

/** Starts one with a Linux, which goes on booting. */
export async function startLinuxTenant(name: string): Promise<LinuxTenant> {
  const kernel = join(process.env.CYBORG_GUEST_KERNEL ?? '', 'boot', `vmlinux-${release()}`);
  const append = 'console=ttyS0 quiet panic=-1 no_timer_check nowatchdog mitigations=off';
  const system = ['-kernel', kernel, '-initrd', tenantRamDisk(name), '-append', append];
  const console = `/tmp/${name}.console`;
  const tenant = await start(name, ['-m', '128', ...system, '-serial', `file:${console}`]);
  const found = () => {
    const lines = readFileSync(console, 'latin1').split('\n').slice(0, -1);
    const last = lines.findLast((line) => line.startsWith('found: '));
    return last === undefined ? [] : last.slice('found: '.length).trim().split(' ');
  };
  return { ...tenant, found };
}

async function start(name: string, system: readonly string[]): Promise<Tenant> {
  const [own, socket] = [`/tmp/${name}.monitor`, `/tmp/${name}.qmp`];
  const child: ChildProcess = spawn(
    'qemu-system-x86_64',
    [
      ...['-machine', 'q35', '-accel', 'tcg', '-nodefaults', '-display', 'none', ...system],
      ...['-device', 'pcie-root-port,id=rp0,chassis=1,slot=1'],
      ...[own, socket].flatMap((path) => ['-qmp', `unix:${path},server=on,wait=off`]),
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  running.add(child);
  child.once('exit', () => running.delete(child));
  const monitor = await openMonitorSocket(own);
  return {
    monitor,
    socket,
    holds: async (id) =>
      (await monitor.execute('qom-get', { path: `/machine/peripheral/${id}`, property: 'realized' })) ===
      true,
    async functions() {
      const path = '/machine/peripheral';
      const all = (await monitor.execute('qom-list', { path })) as { name: string; type: string }[];
      const taken = all.filter(({ type }) => type === 'child<vfio-pci>').map(({ name }) => name);
      const hostOf = (name: string) =>
        monitor.execute('qom-get', { path: `${path}/${name}`, property: 'host' });
      return (await Promise.all(taken.map(hostOf))).map(String);
    },
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

/** Its whole system: busybox and one script. */
function tenantRamDisk(name: string): string {
  const [root, file] = [`/tmp/${name}.root`, `/tmp/${name}.initrd`];
  for (const place of ['bin', 'sys', 'dev']) mkdirSync(join(root, place), { recursive: true });
  cpSync('/bin/busybox', join(root, 'bin/busybox'), { dereference: true });
  copyFileSync(join(import.meta.dirname, 'tenant-init.sh'), join(root, 'init'));
  execFileSync('sh', ['-c', 'chmod 755 init && find . | cpio -o -H newc --quiet >"$0"', file], { cwd: root });
  return file;
}

function idsOf({ id, pci_bridge: bridge }: PciDevice): string[] {
  const hex = (value: number): string => value.toString(16).padStart(4, '0');
  return [`${hex(id.vendor)}:${hex(id.device)}`, ...(bridge?.devices ?? []).flatMap(idsOf)];
}
