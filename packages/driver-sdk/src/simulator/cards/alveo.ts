import type { CardMaker, CardPlan, SimulatedFunction } from '../card.ts';
import { type CardPlace, pciFunction, simulatedCard } from './card-parts.ts';

/** PCI device ids of each model's functions. */
export const alveoModels = {
  u200: { management: '5000', user: '5001', golden: 'd000' },
  u250: { management: '5004', user: '5005', golden: 'd004' },
  u280: { management: '500c', user: '500d', golden: 'd00c' },
  u50: { management: '5020', user: '5021', golden: 'd020' },
} as const;

export interface AlveoOptions extends CardPlace {
  /** Default u250. */
  readonly model?: keyof typeof alveoModels;
  /** Fresh from the factory: one function only, and nothing can be programmed before a shell is flashed. */
  readonly golden?: boolean;
  readonly serial?: string;
  /** Name of the shell: `xilinx_u250_gen3x16_xdma_shell_4_1`. */
  readonly shell?: string;
  /** Interface id of the shell, 32 hexadecimal digits: images must be made for it. */
  readonly interfaceUuid?: string;
}

/** The shell's interface id of the builders' Alveo cards, where none is given. */
export const usualShellInterface = '5f0d2f0a1e4b4ab69b5a8d11c0ffee01';

/**
 * An AMD (Xilinx) Alveo card: function 0 for management on `xclmgmt`, function 1 for users on `xocl`.
 *
 * @param options its address is function 0's
 */
export function alveo(options: AlveoOptions): CardPlan {
  const model = options.model ?? 'u250';
  return (maker) => {
    const serial = options.serial ?? `2176${maker.madeUp(8, 'alveo', maker.next('card')).toUpperCase()}`;
    return simulatedCard({
      kind: 'alveo',
      facts: { serial, model },
      tools: ['/opt/xilinx/xrt/bin/xbutil', '/opt/xilinx/xrt/bin/xbmgmt'],
      functions: alveoFunctions(maker, { ...options, model, serial }),
    });
  };
}

/** The functions that an Alveo card has with a shell: a golden one lacks the user function. */
export function alveoFunctions(maker: CardMaker, options: Managed): SimulatedFunction[] {
  const management = managementFunction(options);
  return options.golden === true ? [management] : [management, userFunction(maker, options)];
}

const common = { vendor: '10ee', class: '120000', subsystemDevice: '000e' } as const;
const link = { speed: '8.0 GT/s PCIe', width: 16 };

type Managed = AlveoOptions & { readonly model: keyof typeof alveoModels; readonly serial: string };

function managementFunction(options: Managed): SimulatedFunction {
  const { model, serial, golden = false } = options;
  const instance = instanceOf(options.address);
  const basic = {
    instance: `${instance}\n`,
    board_name: `${model}\n`,
    flash_type: 'spi\n',
    mfg: golden ? '1\n' : '0\n',
    mfg_ver: golden ? '5\n' : '0\n',
    mgmt_pf: '1\n',
    ready: golden ? '0\n' : '1\n',
    recovery: '0\n',
    [`/dev/xclmgmt${instance}`]: '',
    [`/dev/xfpga/flash.m${instance}.0`]: `${golden ? 'GOLDEN' : shellOf(options)}\n`,
  };
  const shell = {
    dev_offline: '0\n',
    error: '0\n',
    version: '0\n',
    interface_uuids: `${options.interfaceUuid ?? usualShellInterface}\n`,
    logic_uuids: `${logicOf(options)}\n`,
    'rom.m.0/VBNV': `${shellOf(options).replaceAll(/[:.]/g, '_')}\n`,
    'rom.m.0/FPGA': `xc${model}-figd2104-2L-e\n`,
    'rom.m.0/timestamp': '0x0\n',
    'rom.m.0/uuid': `${logicOf(options)}\n`,
    'xmc.m.22/serial_num': `${serial}\n`,
    'xmc.m.22/bmc_ver': '4.6.20\n',
    'xmc.m.22/status': '0x1\n',
    'xmc.m.22/xmc_fpga_temp': '31\n',
  };
  return pciFunction(options, {
    ...common,
    link,
    device: golden ? alveoModels[model].golden : alveoModels[model].management,
    driver: 'xclmgmt',
    whenBound: { files: golden ? basic : { ...basic, ...shell }, links: {} },
  });
}

function userFunction(maker: CardMaker, options: Omit<Managed, 'serial'>): SimulatedFunction {
  const render = maker.next('drm-render') + 128;
  return pciFunction(
    { ...options, address: options.address.replace(/\.0$/, '.1') },
    {
      ...common,
      link,
      device: alveoModels[options.model].user,
      driver: 'xocl',
      whenBound: {
        files: {
          board_name: `${options.model}\n`,
          user_pf: '1\n',
          mgmt_pf: '0\n',
          ready: '1\n',
          dev_offline: '0\n',
          xclbinuuid: '',
          kdsstat: 'context: <0>\ncus: <0>\n',
          mailbox_connect_state: '7\n',
          mig_calibration: '1\n',
          interface_uuids: `${options.interfaceUuid ?? usualShellInterface}\n`,
          logic_uuids: `${logicOf(options)}\n`,
          [`drm/renderD${render}/dev`]: `226:${render}\n`,
          [`/dev/dri/renderD${render}`]: '',
        },
        links: {},
      },
    },
  );
}

const shellOf = ({ model, shell = `xilinx_${model}_gen3x16_xdma_shell_4_1` }: Managed): string => shell;

/** The logic id belongs to the same shell as its interface id. */
function logicOf({ interfaceUuid }: AlveoOptions): string {
  const text = interfaceUuid ?? usualShellInterface;
  return `${text.slice(0, -1)}2`;
}

/** The management instance is the function's routing id. */
function instanceOf(address: string): number {
  const [domain = '', bus = '', rest = ''] = address.split(':');
  const [device = '', fn = ''] = rest.split('.');
  const id = (Number.parseInt(bus, 16) << 8) | (Number.parseInt(device, 16) << 3) | Number(fn);
  return Number.parseInt(domain, 16) * 0x10000 + id;
}
