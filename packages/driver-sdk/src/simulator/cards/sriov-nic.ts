import type { CardPlan } from '../card.ts';
import { type CardPlace, pciFunction, simulatedCard } from './card-parts.ts';

const models = {
  E810: { vendor: '8086', device: '1592', vfDevice: '1889', driver: 'ice', vfDriver: 'iavf', offset: 8 },
  'ConnectX-6': {
    vendor: '15b3',
    device: '101b',
    vfDevice: '101c',
    driver: 'mlx5_core',
    vfDriver: 'mlx5_core',
    offset: 1,
  },
} as const;

export interface SriovNicOptions extends CardPlace {
  /** Default E810. */
  readonly model?: keyof typeof models;
  /** Default 64. */
  readonly totalVfs?: number;
  /** Virtual functions enabled from the start, default 0. */
  readonly numVfs?: number;
  /** The most that the driver enables, default all. */
  readonly driverLimit?: number;
}

/** A network card with SR-IOV. */
export function sriovNic(options: SriovNicOptions): CardPlan {
  const { vfDevice, vfDriver, offset, ...ids } = models[options.model ?? 'E810'];
  return (maker) => {
    const name = `eth${maker.next('net')}`;
    const serial = maker.madeUp(16, 'nic', maker.next('card'));
    const mac = `02${serial.slice(0, 10)}`.replace(/..(?=.)/g, '$&:');
    return simulatedCard({
      kind: 'sriov-nic',
      functions: [
        pciFunction(options, {
          ...ids,
          class: '020000',
          subsystemDevice: '0002',
          revision: '02',
          serial,
          link: { speed: '16.0 GT/s PCIe', width: 16 },
          sriov: {
            totalVfs: options.totalVfs ?? 64,
            numVfs: options.numVfs ?? 0,
            offset,
            stride: 1,
            vfDevice,
            vfDriver,
            driverLimit: options.driverLimit ?? null,
            configurable: true,
          },
          whenBound: {
            files: { [`net/${name}/address`]: `${mac}\n`, [`net/${name}/operstate`]: 'up\n' },
            links: { [`net/${name}/device`]: '', [`/sys/class/net/${name}`]: `net/${name}` },
          },
        }),
      ],
    });
  };
}
