import { posix } from 'node:path';
import { joinGroup, leaveGroup } from './iommu-groups.ts';
import { isHeld } from './is-held.ts';
import { type Kernel, KernelBlocked, KernelError } from './kernel.ts';

const mdevDevices = '/sys/bus/mdev/devices';
const mdevDriver = '/sys/bus/mdev/drivers/nvidia-vgpu-vfio';

/** Makes a mediated device of a type; `typeDirectory` is `<parent>/mdev_supported_types/<type>`. */
export function createMdev(kernel: Kernel, typeDirectory: string, uuid: string): void {
  const { tree } = kernel;
  if (tree.has(`${mdevDevices}/${uuid}`)) throw new KernelError('EEXIST', `${uuid} is there already`);
  if (Number(tree.read(`${typeDirectory}/available_instances`)) < 1) {
    throw new KernelError('ENOSPC', 'no instance of the type is available');
  }
  const parent = posix.resolve(typeDirectory, '../..');
  const directory = `${parent}/${uuid}`;
  tree.write(`${directory}/remove`, '');
  tree.write(`${directory}/uevent`, 'DRIVER=nvidia-vgpu-vfio\nMODALIAS=mdev:\n');
  tree.link(`${directory}/mdev_type`, typeDirectory);
  tree.link(`${directory}/subsystem`, '/sys/bus/mdev');
  tree.link(`${directory}/driver`, mdevDriver);
  joinGroup(kernel, { name: uuid, directory }, 'own');
  tree.write(`/dev/vfio/${groupOf(kernel, directory)}`, '');
  tree.link(`${typeDirectory}/devices/${uuid}`, directory);
  tree.link(`${mdevDriver}/${uuid}`, directory);
  tree.link(`${mdevDevices}/${uuid}`, directory);
  recount(kernel, parent);
}

/** Removes a mediated device. Blocks while somebody holds it. */
export function removeMdev(kernel: Kernel, uuid: string): void {
  const { tree, state } = kernel;
  const directory = tree.target(`${mdevDevices}/${uuid}`);
  if (directory === undefined) throw new KernelError('ENODEV', `${uuid} is gone`);
  if (isHeld(state, uuid)) throw new KernelBlocked(`user space holds ${uuid}`);
  const type = tree.target(`${directory}/mdev_type`);
  tree.prune(`${mdevDevices}/${uuid}`);
  tree.prune(`${mdevDriver}/${uuid}`);
  if (type !== undefined) tree.prune(`${type}/devices/${uuid}`);
  tree.remove(`/dev/vfio/${groupOf(kernel, directory)}`);
  leaveGroup(kernel, { name: uuid, directory });
  tree.remove(directory);
  recount(kernel, posix.dirname(directory));
}

/** Removes all mediated devices of a function, as its driver does when it leaves. */
export function removeMdevsOf(kernel: Kernel, directory: string): void {
  const mdevs = kernel.tree.list(mdevDevices);
  if (mdevs.length === 0) return;
  for (const name of kernel.tree.list(directory)) if (mdevs.includes(name)) removeMdev(kernel, name);
}

/**
 * A GPU is of one type at a time: once one instance is there, the other types have none to give. With SR-IOV each
 * virtual function takes one instance, out of what their GPU can hold.
 */
function recount({ tree }: Kernel, parent: string): void {
  const physical = tree.target(`${parent}/physfn`);
  const parents = physical === undefined ? [parent] : virtualDirectories(tree, physical);
  const types = tree.list(`${parent}/mdev_supported_types`);
  const counts = parents.map((of) => ({
    of,
    made: types.map((type) => tree.list(`${of}/mdev_supported_types/${type}/devices`).length),
  }));
  const totals = types.map((_, at) => counts.reduce((sum, { made }) => sum + (made[at] ?? 0), 0));
  const isEmpty = totals.every((total) => total === 0);
  for (const [at, type] of types.entries()) {
    const description = tree.read(`${parent}/mdev_supported_types/${type}/description`) ?? '';
    const [, most = '0'] = /max_instance=(\d+)/.exec(description) ?? [];
    const total = totals[at] ?? 0;
    const left = isEmpty || total > 0 ? Number(most) - total : 0;
    for (const { of, made } of counts) {
      const own = made.some((count) => count > 0) ? 0 : 1;
      const available = physical === undefined ? left : Math.min(left, own);
      const file = `${of}/mdev_supported_types/${type}/available_instances`;
      if (tree.read(file) !== `${available}\n`) tree.write(file, `${available}\n`);
    }
  }
}

function virtualDirectories(tree: Kernel['tree'], physical: string): string[] {
  return tree
    .list(physical)
    .filter((name) => /^virtfn\d+$/.test(name))
    .flatMap((name) => tree.target(`${physical}/${name}`) ?? [])
    .filter((directory) => tree.list(`${directory}/mdev_supported_types`).length > 0);
}

function groupOf({ tree }: Kernel, directory: string): string {
  return posix.basename(tree.target(`${directory}/iommu_group`) ?? '');
}
