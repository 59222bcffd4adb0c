import {
  type AttachmentInfo,
  type AttachRequest,
  type AttachStatus,
  type DriverContext,
  DriverError,
  type PciFunction,
  statusPci,
} from '@cyborgjs/driver-sdk';
import type { GpuConfig } from './config.ts';
import { attachMigSlice, detachMigSlice, statusMigSlice } from './nvidia/mig-slice.ts';
import { attachVgpu, detachVgpu, statusVgpu, type WantedVgpu } from './nvidia/vgpu-handle.ts';
import { findVgpuRoad, hasAllFunctions, offerVgpus } from './nvidia/vgpu-offer.ts';
import { attachFunction, detachFunction } from './pci-handle.ts';
import { findGpu, requireGpu } from './present-gpu.ts';
import { wantedLayout } from './wanted-layout.ts';

type GpuContext = DriverContext<GpuConfig>;

/** One way to give out a part of a GPU, by the type of its handles. */
interface HandleRoad {
  attach(context: GpuContext, request: AttachRequest): Promise<AttachmentInfo>;
  detach(context: GpuContext, request: AttachRequest): Promise<void>;
  status(context: GpuContext, request: AttachRequest): Promise<AttachStatus>;
}

/** Whole GPUs and their virtual functions: PCI passthrough. */
const functions: HandleRoad = {
  attach: attachFunction,
  detach: detachFunction,
  status: ({ sys }, request) => statusPci(sys, request),
};

/** GPU instances of NVIDIA's MIG, for processes and containers. */
const slices: HandleRoad = {
  attach: async (context, request) => {
    await requireGpu(context, request);
    return attachMigSlice(context, request);
  },
  detach: detachMigSlice,
  status: statusMigSlice,
};

/** NVIDIA's vGPUs. */
const vgpus: HandleRoad = {
  attach: async (context, request) => {
    const { fn } = await requireGpu(context, request);
    return attachVgpu(context, request, await findWanted(context, fn));
  },
  detach: detachVgpu,
  status: (context, request) =>
    statusVgpu(context, request, async () => {
      const gpu = await findGpu(context, request.device.address);
      return gpu && findWanted(context, gpu.fn);
    }),
};

/** Which of its functions makes a vGPU goes by their order: with one missing it would be another. */
async function findWanted(context: GpuContext, fn: PciFunction): Promise<WantedVgpu | undefined> {
  if (!hasAllFunctions(fn)) {
    throw new DriverError('hardware', `not all virtual functions of GPU ${fn.address} can be read now`, {
      device: fn.address,
    });
  }
  const layout = await wantedLayout(context, fn);
  const road = await findVgpuRoad(context.sys, fn);
  if (road === undefined || layout?.kind !== 'vgpu') return undefined;
  const offer = offerVgpus(fn, road, layout.type);
  return offer === undefined ? undefined : { fn, offer };
}

/** The way for a handle. */
export function roadOf({ handle }: Pick<AttachRequest, 'handle'>): HandleRoad {
  if (handle.type === 'PCI') return functions;
  if (handle.type === 'CDI') return slices;
  if (handle.type === 'MDEV') return vgpus;
  throw new DriverError('unsupported', `no GPU is given out by handles of type ${handle.type}`);
}
