import { mkdirSync, readdirSync } from 'node:fs';
import { DriverError } from '../driver-error.ts';
import type { CardPlan } from './card.ts';
import { Kernel } from './kernel/kernel.ts';
import { openSimulation, type Simulation } from './open-simulation.ts';
import { addDriver, plugCard } from './plug-card.ts';
import { bootIdFile } from './reboot-machine.ts';
import type { SimulationState } from './simulation-state.ts';
import { applyChanges } from './tree/apply-changes.ts';
import { controlDirectory } from './tree/change-tree.ts';
import { TreeDraft } from './tree/tree-draft.ts';

export interface MachinePlan {
  /** An empty directory, or one to be made. */
  readonly root: string;
  /** Bridges before what sits behind them. */
  readonly cards: readonly CardPlan[];
  /** Identities are made up from it; give each simulated host its own. Default `simulated`. */
  readonly seed?: string;
  /** Whether the IOMMU is on, default true. */
  readonly iommu?: boolean;
  /** Whether the vfio-pci module is loaded, default true. */
  readonly vfio?: boolean;
}

/** Builds a simulated machine as files below a directory: what a driver would see in /sys, /proc and /dev. */
export function buildMachine(plan: MachinePlan): Simulation {
  mkdirSync(plan.root, { recursive: true });
  if (readdirSync(plan.root).length > 0) {
    throw new DriverError('conflict', `cannot build a simulated machine in ${plan.root}: it is not empty`);
  }
  const tree = new TreeDraft(plan.root, { fresh: true });
  const kernel = new Kernel(tree, firstState(plan));
  addPlatform(kernel, plan);
  for (const card of plan.cards) plugCard(kernel, card);
  kernel.save();
  applyChanges(plan.root, tree.changes, `${plan.root}${controlDirectory}/scratch`);
  return openSimulation(plan.root);
}

function firstState({ seed = 'simulated', iommu = true }: MachinePlan): SimulationState {
  return {
    provenance: 'Made up by buildMachine: no such hardware exists.',
    seed,
    cards: [],
    drivers: {},
    numbers: {},
    held: [],
    processes: [],
    kernelLog: [],
    reboots: 0,
    iommu,
  };
}

function addPlatform(kernel: Kernel, { vfio = true }: MachinePlan): void {
  const { tree, state } = kernel;
  tree.write(...bootIdFile(state.seed, 0));
  tree.write('/sys/bus/pci/drivers_probe', '');
  tree.write('/sys/bus/pci/drivers_autoprobe', '1\n');
  tree.write('/sys/bus/pci/rescan', '');
  tree.directory('/sys/bus/pci/devices');
  tree.directory('/sys/kernel/iommu_groups');
  if (!vfio) return;
  addDriver(kernel, 'vfio-pci', []);
  tree.write('/sys/module/vfio_pci/parameters/disable_idle_d3', 'N\n');
  tree.directory('/sys/class/vfio-dev');
  tree.write('/dev/vfio/vfio', '');
}
