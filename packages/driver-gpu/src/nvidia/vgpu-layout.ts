import {
  type DriverContext,
  DriverError,
  listMdevs,
  type PciFunction,
  readPciFunction,
  toolFailed,
} from '@cyborgjs/driver-sdk';
import { findVgpuRoad, offerVgpus, readCurrentType } from './vgpu-offer.ts';
import { parseVgpuType } from './vgpu-type.ts';

/** NVIDIA's tool that turns a GPU's virtual functions on and off; writing `sriov_numvfs` alone is not enough. */
const sriovManagePath = '/usr/lib/nvidia/sriov-manage';

type LayoutContext = Pick<DriverContext, 'sys' | 'signal' | 'dryRun'>;

/**
 * Makes a GPU ready for vGPUs of a type: its virtual functions are turned on where it makes them of those. vGPUs
 * themselves are made when they are attached.
 *
 * @throws `invalid` for a type that it does not have; `unsupported` without a vGPU host driver
 */
export async function enableVgpus(context: LayoutContext, fn: PciFunction, type: string): Promise<void> {
  const parsed = parseVgpuType(type);
  if (parsed?.onMig === true)
    throw new DriverError('unsupported', `${type} is cut out of a MIG instance, which is not offered`, {
      device: fn.address,
    });
  let present = fn;
  if ((fn.sriov?.totalVfs ?? 0) > 0 && fn.virtfns.length === 0)
    present = await setFunctions(context, fn, true);
  // Without its virtual functions a GPU does not tell which types they make.
  if (context.dryRun && present.virtfns.length === 0 && (fn.sriov?.totalVfs ?? 0) > 0) return;
  const road = await findVgpuRoad(context.sys, present);
  if (road === undefined) {
    throw new DriverError('unsupported', `GPU ${fn.address} makes no vGPUs`, {
      device: fn.address,
      hint: 'It needs the vGPU host driver of NVIDIA, which is licensed apart.',
    });
  }
  if (offerVgpus(present, road, type) !== undefined) return;
  throw new DriverError('invalid', `GPU ${fn.address} has no vGPU type ${type} to give`, {
    device: fn.address,
    hint: `It has ${road.types.map(({ name }) => name).join(', ') || 'none left'}.`,
  });
}

/** Turns the virtual functions of a GPU off, if none of them is a vGPU. */
export async function disableVgpus(context: LayoutContext, fn: PciFunction): Promise<void> {
  for (const virtfn of fn.virtfns) {
    const type = await readCurrentType(context.sys, virtfn);
    if (type === undefined || type === '0') continue;
    throw new DriverError('in_use', `${virtfn} of GPU ${fn.address} is a vGPU`, {
      device: fn.address,
      hint: 'Detach it first.',
    });
  }
  const mdevs = await mdevsOf(context, fn);
  if (mdevs.length > 0)
    throw new DriverError(
      'in_use',
      `GPU ${fn.address} has mediated devices: ${mdevs.slice(0, 4).join(', ')}`,
      {
        device: fn.address,
        hint: 'Detach them first, or remove those that others made.',
      },
    );
  await setFunctions(context, fn, false);
}

async function mdevsOf({ sys }: LayoutContext, fn: PciFunction): Promise<string[]> {
  const found: string[] = [];
  for (const virtfn of fn.virtfns) found.push(...(await listMdevs(sys, virtfn)));
  return found;
}

/** The GPU as it is then; in a dry run as it is now. */
async function setFunctions(
  { sys, signal, dryRun }: LayoutContext,
  fn: PciFunction,
  on: boolean,
): Promise<PciFunction> {
  const { address } = fn;
  const result = await sys.run(sriovManagePath, [on ? '-e' : '-d', address], { signal, timeoutMs: 60_000 });
  if (dryRun) return fn;
  const now = await readPciFunction(sys, address);
  const isDone = now !== undefined && now.virtfns.length > 0 === on;
  if (result.code === 0 && isDone) return now;
  throw toolFailed(sriovManagePath, result);
}
