import type { CardPlan } from '../card.ts';
import { type CardPlace, pciFunction, simulatedCard } from './card-parts.ts';
import { drmNodes } from './drm-nodes.ts';

const models = {
  'Flex 170': { device: '56c0', class: '038000', driver: 'i915', totalVfs: 31 },
  'Arc Pro B60': { device: 'e211', class: '030000', driver: 'xe', totalVfs: 12 },
} as const;

export interface IntelGpuOptions extends CardPlace {
  /** Default Flex 170. */
  readonly model?: keyof typeof models;
  /** Virtual functions enabled from the start, default 0. */
  readonly numVfs?: number;
}

/** An Intel data-centre GPU with SR-IOV. */
export function intelGpu(options: IntelGpuOptions): CardPlan {
  const model = models[options.model ?? 'Flex 170'];
  return (maker) => {
    const card = maker.next('card');
    return simulatedCard({
      kind: 'intel-gpu',
      functions: [
        pciFunction(options, {
          vendor: '8086',
          device: model.device,
          class: model.class,
          subsystemDevice: '4905',
          revision: '08',
          driver: model.driver,
          serial: maker.madeUp(16, 'intel gpu', card),
          link: { speed: '16.0 GT/s PCIe', width: 16 },
          sriov: {
            totalVfs: model.totalVfs,
            numVfs: options.numVfs ?? 0,
            offset: 1,
            stride: 1,
            vfDevice: model.device,
            vfDriver: model.driver,
            driverLimit: null,
            configurable: true,
          },
          whenBound: drmNodes(maker),
        }),
      ],
    });
  };
}
