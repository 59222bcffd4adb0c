import type { RunResult } from '../../machine.ts';
import { disableVirtualFunctions } from '../kernel/detach-driver.ts';
import { enableVirtualFunctions } from '../kernel/enable-virtual-functions.ts';
import { driverOf, findFunction } from '../kernel/find-function.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { printed } from './simulated-tool.ts';

/** NVIDIA's `sriov-manage -e|-d <address>`: all virtual functions of a GPU, or none (NVIDIA vGPU User Guide). */
export function sriovManage(kernel: Kernel, [option = '', address = '']: readonly string[]): RunResult {
  const present = findFunction(kernel, address.toLowerCase());
  if (present?.spec.sriov == null || driverOf(kernel, present) !== 'nvidia' || !/^-[ed]$/.test(option))
    return { code: 1, out: '', err: `sriov-manage: cannot do ${option} ${address}\n` };
  const count = Number(kernel.tree.read(`${present.directory}/sriov_numvfs`) ?? 0);
  if (option === '-d') disableVirtualFunctions(kernel, present);
  else if (count === 0) enableVirtualFunctions(kernel, present, present.spec.sriov.totalVfs);
  return printed(`${option === '-e' ? 'Enabling' : 'Disabling'} VFs on ${address}\n`);
}
