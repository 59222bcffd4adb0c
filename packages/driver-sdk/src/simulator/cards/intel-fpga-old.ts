import type { CardMaker, CardPlan, SimulatedFunction } from '../card.ts';
import { type CardPlace, pciFunction, simulatedCard } from './card-parts.ts';
import { usualAfuId, usualInterfaceId } from './intel-fpga-dfl.ts';

export interface IntelFpgaOldOptions extends CardPlace {
  readonly interfaceId?: string;
  readonly afuId?: string;
  readonly numVfs?: number;
}

/** An Arria 10 PAC on the old `intel-fpga-pci` driver, with the class `fpga` tree that Cyborg reads. */
export function intelFpgaOld(options: IntelFpgaOldOptions): CardPlan {
  return (maker) =>
    simulatedCard({
      kind: 'intel-fpga-old',
      tools: ['/usr/bin/fpgaconf', '/usr/bin/fpgasupdate', '/usr/bin/rsu'],
      functions: [
        pciFunction(options, {
          vendor: '8086',
          device: '09c4',
          class: '120000',
          subsystemVendor: '0000',
          driver: 'intel-fpga-pci',
          serial: maker.madeUp(16, 'intel fpga', maker.next('card')),
          link: { speed: '8 GT/s', width: 16 },
          sriov: {
            totalVfs: 1,
            numVfs: options.numVfs ?? 0,
            offset: 1,
            stride: 1,
            vfDevice: '09c5',
            vfDriver: 'intel-fpga-pci',
            driverLimit: null,
            configurable: true,
          },
          whenBound: deviceTree(maker, options),
        }),
      ],
    });
}

function deviceTree(maker: CardMaker, options: IntelFpgaOldOptions): SimulatedFunction['whenBound'] {
  const number = maker.next('fpga-dev');
  const device = `fpga/intel-fpga-dev.${number}`;
  const fme = `${device}/intel-fpga-fme.${number}`;
  const port = `${device}/intel-fpga-port.${number}`;
  const manager = `fpga_manager/fpga${maker.next('fpga')}`;
  const secure = `ifpga_sec${maker.next('secure-update')}`;
  const secureDirectory = `${fme}/spi_master/spi0/spi0.0/ifpga_sec_mgr/${secure}`;
  return {
    files: {
      [`${device}/uevent`]: '',
      [`${fme}/bitstream_id`]: '0x113000200000177\n',
      [`${fme}/bitstream_metadata`]: '0x1803210\n',
      [`${fme}/ports_num`]: '1\n',
      [`${fme}/pr/interface_id`]: `${options.interfaceId ?? usualInterfaceId}\n`,
      [`${fme}/${manager}/name`]: 'Intel FPGA Manager\n',
      [`${fme}/${manager}/state`]: 'unknown\n',
      [`${fme}/errors/nonfatal_errors`]: '0x0\n',
      [`${fme}/errors/catfatal_errors`]: '0x0\n',
      [`${secureDirectory}/update/status`]: 'idle\n',
      [`${secureDirectory}/update/error`]: '',
      [`${secureDirectory}/update/size`]: '0\n',
      [`${fme}/dev`]: `243:${number}\n`,
      [`${port}/afu_id`]: `${options.afuId ?? usualAfuId}\n`,
      [`${port}/id`]: '0\n',
      [`${port}/errors/errors`]: '0x0\n',
      [`${port}/dev`]: `244:${number}\n`,
    },
    links: {
      [`${device}/device`]: '',
      [`/sys/class/fpga/intel-fpga-dev.${number}`]: device,
      [`/sys/class/ifpga_sec_mgr/${secure}`]: secureDirectory,
      [`/sys/class/${manager}`]: `${fme}/${manager}`,
    },
  };
}
