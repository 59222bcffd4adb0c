import { posix } from 'node:path';
import type { PlannedStep } from '@cyborgjs/core';
import type { Machine } from '../machine.ts';
import { requireText } from './create-real-machine.ts';
import { machinePath } from './machine-path.ts';

export type { PlannedStep };

export interface DryRun {
  readonly machine: Machine;
  /** What was asked for so far, in order; grows while the machine is used. */
  readonly plan: readonly PlannedStep[];
}

/**
 * A machine whose writes, tools and libraries are written down and not done; every tool "succeeds" without output.
 * What only asks of a tool or a library is done. So that
 * steps which test their own post-condition go on, what was written is read back, and binding, unbinding and
 * probing a PCI driver show in the `driver` link as they would. Without an override nothing tells which driver a
 * probe would choose: the function then stays unbound.
 */
export function dryRunMachine(machine: Machine): DryRun {
  const plan: PlannedStep[] = [];
  const overlay: Overlay = { files: new Map(), drivers: new Map(), vfioGroups: new Set() };
  const real = async (path: string): Promise<string> => (await machine.resolve(path)) ?? path;
  return {
    plan,
    machine: {
      read: async (path) => overlay.files.get(await real(machinePath(path))) ?? machine.read(path),
      readBytes: (path, part) => machine.readBytes(path, part),
      list: async (path) => {
        const names = await machine.list(path);
        if (names === undefined || path !== '/dev/vfio') return names;
        return [...new Set([...names, ...overlay.vfioGroups])].sort();
      },
      link: async (path) => {
        const link = posix.join(await real(posix.dirname(machinePath(path))), posix.basename(path));
        return overlay.drivers.has(link) ? overlay.drivers.get(link) : machine.link(path);
      },
      resolve: (path) => machine.resolve(path),
      write: async (path, text) => {
        requireText(path, text);
        plan.push({ verb: 'write', path, text });
        await imagine(machine, overlay, { path: await real(machinePath(path)), text });
      },
      run: async (tool, args, options) => {
        if (options?.readOnly === true) return machine.run(tool, args, options);
        plan.push({ verb: 'run', tool, args: [...args] });
        return { code: 0, out: '', err: '' };
      },
      invoke: async (use, options) => {
        if (!use.writes) return machine.invoke(use, options);
        const { port, method, argument } = use;
        plan.push({ verb: 'invoke', port, method, argument: JSON.stringify(argument) });
        return undefined;
      },
    },
  };
}

interface Overlay {
  /** What was written, by real path. */
  readonly files: Map<string, string>;
  /** `driver` links by path; undefined where the function would be unbound. */
  readonly drivers: Map<string, string | undefined>;
  readonly vfioGroups: Set<string>;
}

const driverFile = /^\/sys\/bus\/pci\/drivers\/(?<driver>[^/]+)\/(?<action>bind|unbind)$/;

async function imagine(
  machine: Machine,
  overlay: Overlay,
  write: { readonly path: string; readonly text: string },
): Promise<void> {
  const { driver, action } = driverFile.exec(write.path)?.groups ?? {};
  const probe = write.path === '/sys/bus/pci/drivers_probe';
  if (action === undefined && !probe) {
    const cleared = write.path.endsWith('/driver_override') && write.text === '\n';
    overlay.files.set(write.path, cleared ? '(null)\n' : `${write.text.replace(/\n$/, '')}\n`);
    return;
  }
  const directory = await machine.resolve(`/sys/bus/pci/devices/${write.text.trim()}`);
  if (directory === undefined) return;
  const link = `${directory}/driver`;
  if (action === 'unbind') {
    overlay.drivers.set(link, undefined);
    return;
  }
  const override = overlay.files.get(`${directory}/driver_override`)?.trim();
  const chosen = probe && override === '(null)' ? undefined : (driver ?? override);
  if (probe && overlay.drivers.get(link) !== undefined) return;
  overlay.drivers.set(link, chosen);
  const group = await machine.link(`${directory}/iommu_group`);
  if (chosen !== undefined && /vfio[-_]pci$/.test(chosen) && group !== undefined)
    overlay.vfioGroups.add(group);
}
