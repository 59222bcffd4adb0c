import type { CardMaker, CardPlan, SimulatedFunction } from '../card.ts';
import { type CardPlace, pciFunction, simulatedCard } from './card-parts.ts';

export interface IntelFpgaDflOptions extends CardPlace {
  /** Interface id of the static region, 32 hexadecimal digits: images must be made for it. */
  readonly interfaceId?: string;
  /** Id of the accelerator function that is loaded, 32 hexadecimal digits. */
  readonly afuId?: string;
  readonly numVfs?: number;
}

/** The interface id of the builders' FPGAs, where none is given. */
export const usualInterfaceId = '4d2f8c0e51ab4f7c9e30a6b1d7c58e21';

/** The accelerator function loaded in the builders' FPGAs, where none is given. */
export const usualAfuId = 'd8424dc4a4a3c413f89e433683f9040b';

/** An Intel or Altera FPGA card (N6000) on `dfl-pci`, with the device feature list tree of current kernels. */
export function intelFpgaDfl(options: IntelFpgaDflOptions): CardPlan {
  return (maker) =>
    simulatedCard({
      kind: 'intel-fpga-dfl',
      tools: ['/usr/bin/fpgaconf', '/usr/bin/fpgasupdate', '/usr/bin/rsu'],
      functions: [
        pciFunction(options, {
          vendor: '8086',
          device: 'bcce',
          class: '120000',
          subsystemDevice: '1770',
          revision: '01',
          driver: 'dfl-pci',
          serial: maker.madeUp(16, 'dfl', maker.next('card')),
          link: { speed: '16.0 GT/s PCIe', width: 16 },
          sriov: {
            totalVfs: 3,
            numVfs: options.numVfs ?? 0,
            offset: 5,
            stride: 1,
            vfDevice: 'bccf',
            vfDriver: 'dfl-pci',
            driverLimit: null,
            configurable: true,
          },
          whenBound: featureTree(maker, options),
        }),
      ],
    });
}

function featureTree(maker: CardMaker, options: IntelFpgaDflOptions): SimulatedFunction['whenBound'] {
  const fme = maker.next('dfl-fme');
  const port = maker.next('dfl-port');
  const region = `fpga_region/region${maker.next('fpga-region')}`;
  const fmeDirectory = `${region}/dfl-fme.${fme}`;
  const portDirectory = `${region}/dfl-port.${port}`;
  const inner = maker.next('fpga-region');
  const manager = maker.next('fpga');
  const bridge = maker.next('fpga-bridge');
  const innerRegion = `${fmeDirectory}/dfl-fme-region.${fme}/fpga_region/region${inner}`;
  const managerDirectory = `${fmeDirectory}/dfl-fme-mgr.${fme}/fpga_manager/fpga${manager}`;
  const bridgeDirectory = `${fmeDirectory}/dfl-fme-bridge.${fme}/fpga_bridge/br${bridge}`;
  const secureUpdate = `secure-update${maker.next('secure-update')}`;
  const updateDirectory = `${fmeDirectory}/dfl_dev.${fme}/spi_master/spi0/spi0.0/sec-update.0.auto/firmware/${secureUpdate}`;
  const [, outer = ''] = region.split('/');
  return {
    files: {
      ...under(fmeDirectory, managementFiles(maker, fme)),
      [`${managerDirectory}/name`]: 'DFL FME FPGA Manager\n',
      [`${managerDirectory}/state`]: 'unknown\n',
      [`${managerDirectory}/status`]: '',
      [`${innerRegion}/compat_id`]: `${options.interfaceId ?? usualInterfaceId}\n`,
      [`${bridgeDirectory}/name`]: 'DFL FPGA FME Bridge\n',
      [`${bridgeDirectory}/state`]: 'enabled\n',
      ...under(updateDirectory, {
        status: 'idle\n',
        error: '',
        remaining_size: '0\n',
        loading: '0\n',
        cancel: '',
      }),
      ...under(portDirectory, portFiles(port, options.afuId ?? usualAfuId)),
      [`/dev/dfl-fme.${fme}`]: '',
      [`/dev/dfl-port.${port}`]: '',
    },
    links: {
      [`/sys/class/fpga_region/${outer}`]: region,
      [`/sys/class/fpga_region/region${inner}`]: innerRegion,
      [`/sys/class/fpga_manager/fpga${manager}`]: managerDirectory,
      [`/sys/class/fpga_bridge/br${bridge}`]: bridgeDirectory,
      [`/sys/class/firmware/${secureUpdate}`]: updateDirectory,
    },
  };
}

function managementFiles(maker: CardMaker, number: number): Record<string, string> {
  return {
    ports_num: '1\n',
    bitstream_id: '0x501020222df1b7a\n',
    bitstream_metadata: '0x2110055\n',
    cache_size: '0\n',
    fabric_version: '0\n',
    socket_id: '0\n',
    dev: `238:${number}\n`,
    uevent: `MAJOR=238\nMINOR=${number}\nDEVNAME=dfl-fme.${number}\nDRIVER=dfl-fme\nMODALIAS=platform:dfl-fme\n`,
    'errors/fme_errors': '0x0\n',
    'errors/first_error': '0x0\n',
    'errors/next_error': '0x0\n',
    'errors/pcie0_errors': '0x0\n',
    'errors/pcie1_errors': '0x0\n',
    'errors/nonfatal_errors': '0x0\n',
    'errors/catfatal_errors': '0x0\n',
    ...under(`hwmon/hwmon${maker.next('hwmon')}`, { name: 'dfl_fme_thermal\n', temp1_input: '47000\n' }),
    ...under(`hwmon/hwmon${maker.next('hwmon')}`, { name: 'dfl_fme_power\n', power1_input: '38000000\n' }),
  };
}

function portFiles(number: number, afuId: string): Record<string, string> {
  return {
    id: '0\n',
    afu_id: `${afuId}\n`,
    dev: `237:${number}\n`,
    ltr: '0\n',
    power_state: '0x0\n',
    'errors/errors': '0x0\n',
    'errors/first_error': '0x0\n',
    'errors/first_malformed_req': '0x0\n',
    uevent: `MAJOR=237\nMINOR=${number}\nDEVNAME=dfl-port.${number}\nDRIVER=dfl-afu\nMODALIAS=platform:dfl-port\n`,
  };
}

function under(directory: string, files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${directory}/${name}`, text]));
}
