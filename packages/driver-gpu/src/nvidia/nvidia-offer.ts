import { type DiscoveredDeployable, ResourceClass } from '@cyborgjs/core';
import { type Machine, orAbsent, type PciFunction } from '@cyborgjs/driver-sdk';
import { type GpuOffer, offerFunctions } from '../gpu-offer.ts';
import type { GpuLayout } from '../layout.ts';
import { findModel } from '../models.ts';
import { gpuTraits, migTraits, vgpuTraits } from '../traits.ts';
import type { MigInstance } from './mig-profile.ts';
import { migSliceId } from './mig-slice.ts';
import { smiGpuOf } from './nvidia-health.ts';
import type { NvidiaHost } from './nvidia-host.ts';
import { findVgpuRoad, hasAllFunctions, offerVgpus, type VgpuRoad } from './vgpu-offer.ts';

/** What is known of a GPU when it is decided what of it is given out. */
export interface NvidiaOfferFacts {
  readonly fn: PciFunction;
  readonly uuid: string | null;
  readonly host: NvidiaHost;
  /** What the operator wants it to be cut into; undefined when that was not said. */
  readonly layout: GpuLayout | undefined;
}

/**
 * What is given out of an NVIDIA GPU, as it is cut now. One that is wanted to be cut is never offered whole, even where
 * it cannot be seen how it is cut.
 */
export async function offerNvidia(sys: Machine, facts: NvidiaOfferFacts): Promise<GpuOffer> {
  const { fn, layout } = facts;
  if (await isCutByMig(sys, facts)) return offerInstances(facts);
  if (layout?.kind === 'mig')
    return nothing('MIG is off; it was on before a reboot, or never: install its layout');
  if (!hasAllFunctions(fn)) return nothing('not all of its virtual functions can be read now');
  const road = await findVgpuRoad(sys, fn);
  if (road !== undefined && (layout?.kind === 'vgpu' || fn.virtfns.length > 0))
    return offerTypes(fn, road, layout);
  if (layout?.kind === 'vgpu')
    return nothing('it makes no vGPUs now: install its layout, and see that a vGPU host driver runs it');
  return offerFunctions({ fn, vendor: 'nvidia' });
}

const nothing = (reason: string): GpuOffer => ({ deployables: [], reason });

/** By nvidia-smi, or where that does not say, by the instances that the kernel module shows. */
async function isCutByMig(sys: Machine, { fn, host }: NvidiaOfferFacts): Promise<boolean> {
  const gpu = smiGpuOf(host.smi, fn.address);
  if (gpu !== undefined) return gpu.mig.current === true;
  if (host.smi.kind === 'absent' && host.instances === undefined) return hasInstances(sys, fn);
  return false;
}

async function hasInstances(sys: Machine, { address }: PciFunction): Promise<boolean> {
  const information =
    (await orAbsent(() => sys.read(`/proc/driver/nvidia/gpus/${address}/information`))) ?? '';
  const [, minor] = /^Device Minor:\s{0,8}(\d{1,4})\s{0,4}$/m.exec(information) ?? [];
  if (minor === undefined) return false;
  const names = await orAbsent(() => sys.list(`/proc/driver/nvidia/capabilities/gpu${minor}/mig`));
  return names?.some((name) => name.startsWith('gi')) === true;
}

/** One deployable for each profile: what Placement counts together must be alike. */
function offerInstances({ fn, uuid, host }: NvidiaOfferFacts): GpuOffer {
  const index = smiGpuOf(host.smi, fn.address)?.index;
  if (index === undefined || host.instances === undefined || uuid === null)
    return nothing('MIG is on, and its GPU instances cannot be read now');
  const instances = host.instances.filter(({ gpuIndex }) => gpuIndex === index);
  if (instances.length === 0) return nothing('MIG is on and it has no GPU instances: install a layout');
  const profiles = [...new Set(instances.map(({ profile }) => profile))].sort();
  return {
    deployables: profiles.map((profile) =>
      describeInstances(
        fn,
        uuid,
        instances.filter((one) => one.profile === profile),
      ),
    ),
  };
}

function describeInstances(
  fn: PciFunction,
  gpu: string,
  instances: readonly MigInstance[],
): DiscoveredDeployable {
  const profile = instances[0]?.profile ?? '';
  return {
    name: `${fn.address}_${profile.replace('+', '.')}`,
    resourceClass: ResourceClass.parse(`CUSTOM_MIG_${profile.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`),
    traits: [...gpuTraits('nvidia', fn.device, findModel('nvidia', fn.device)), ...migTraits(profile)],
    handles: instances
      .toSorted((left, right) => left.start - right.start)
      .map(({ start, size }) => ({
        id: migSliceId({ gpu, profile, start }),
        type: 'CDI',
        info: { gpu_uuid: gpu, profile, placement: `${start}:${size}` },
      })),
  };
}

function offerTypes(fn: PciFunction, road: VgpuRoad, layout: GpuLayout | undefined): GpuOffer {
  const names = road.types.map(({ name }) => name.slice(name.lastIndexOf(' ') + 1)).join(', ');
  if (layout?.kind !== 'vgpu')
    return nothing(
      `it has ${fn.virtfns.length} virtual functions, which are for NVIDIA vGPU: install a type of ${names || 'them'}`,
    );
  const offer = offerVgpus(fn, road, layout.type);
  if (offer === undefined)
    return nothing(`it cannot be cut into ${layout.type} now; its types are ${names || 'none'}`);
  return {
    deployables: [
      {
        name: fn.address,
        resourceClass: ResourceClass.parse('VGPU'),
        traits: [
          ...gpuTraits('nvidia', fn.device, findModel('nvidia', fn.device)),
          ...vgpuTraits(fn.device, offer.type.short, offer.description),
        ],
        handles: [...offer.handles],
      },
    ],
  };
}
