import { busRescan } from './bus-rescan.ts';
import { computePartition } from './compute-partition.ts';
import { currentVgpuType } from './current-vgpu-type.ts';
import { driverBind } from './driver-bind.ts';
import { driverOverride } from './driver-override.ts';
import { driverUnbind } from './driver-unbind.ts';
import { driversProbe } from './drivers-probe.ts';
import { functionRemove } from './function-remove.ts';
import { functionReset } from './function-reset.ts';
import { type Kernel, KernelError } from './kernel.ts';
import type { KernelRule } from './kernel-rule.ts';
import { mdevCreate } from './mdev-create.ts';
import { mdevRemove } from './mdev-remove.ts';
import { nvidiaUnbindLock } from './nvidia-unbind-lock.ts';
import { plainAttributes } from './plain-attributes.ts';
import { resetMethod } from './reset-method.ts';
import { sriovNumVfs } from './sriov-numvfs.ts';

/** Everything that the simulated kernel does when it is written to. */
export const kernelRules: readonly KernelRule[] = [
  driverBind,
  driverUnbind,
  driverOverride,
  driversProbe,
  sriovNumVfs,
  functionRemove,
  busRescan,
  functionReset,
  resetMethod,
  mdevCreate,
  mdevRemove,
  nvidiaUnbindLock,
  currentVgpuType,
  computePartition,
  plainAttributes,
];

/**
 * One write(2) to an existing file. An attribute for which there is no rule is read-only, EACCES; outside of
 * /sys and /proc files are plain files.
 *
 * @param path the real path
 */
export function writeAttribute(kernel: Kernel, path: string, text: string): void {
  const rule = kernelRules.find(({ pattern }) => pattern.test(path));
  if (rule !== undefined) rule.apply(kernel, text, rule.pattern.exec(path)?.groups ?? {});
  else if (/^\/(sys|proc)\//.test(path)) throw new KernelError('EACCES', 'read-only');
  else kernel.tree.write(path, text);
}
