import type { CardMaker, CardPlan, SimulatedFunction } from '../card.ts';
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
          files: { aer_dev_fatal: 'Undefined 0\nDLP 0\nTOTAL_ERR_FATAL 0\n' },
          whenBound: driverFiles(maker, model.driver),
        }),
      ],
    });
  };
}

/** What its driver shows of it (Linux: Documentation/ABI/testing/sysfs-driver-intel-xe-hwmon, -i915-hwmon). */
function driverFiles(maker: CardMaker, driver: 'i915' | 'xe'): SimulatedFunction['whenBound'] {
  const drm = drmNodes(maker);
  const hwmon = `hwmon/hwmon${maker.next('hwmon')}`;
  const clock = driver === 'xe' ? 'tile0/gt0/freq0/act_freq' : 'gt/gt0/rps_act_freq_mhz';
  const temperatures =
    driver === 'xe'
      ? {
          [`${hwmon}/temp2_label`]: 'pkg\n',
          [`${hwmon}/temp2_input`]: '44000\n',
          [`${hwmon}/temp3_label`]: 'vram\n',
          [`${hwmon}/temp3_input`]: '46000\n',
        }
      : {};
  const files = {
    [`${hwmon}/name`]: `${driver}\n`,
    [`${hwmon}/energy1_input`]: '81230000000\n',
    ...temperatures,
    [clock]: '600\n',
  };
  return { files: { ...drm.files, ...files }, links: drm.links };
}
