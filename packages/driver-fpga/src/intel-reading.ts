import { type Machine, type PciFunction, readAttribute } from '@cyborgjs/driver-sdk';
import { findPaths } from './find-paths.ts';
import { asFpgaId } from './images/fpga-id.ts';
import { printable } from './printable.ts';

/** What the kernel shows of the FPGA behind one function, as far as it can be read now. */
export interface IntelReading {
  /** Interface id of the reconfigurable region, 32 hexadecimal digits. */
  readonly region: string | undefined;
  /** Ids of the accelerator functions that its ports are programmed with, 32 hexadecimal digits each. */
  readonly functions: readonly string[];
  /** Id of the static part of its image: `0x501020222df1b7a`. */
  readonly bitstreamId: string | undefined;
  /** State of its FPGA manager: `operating`, `write error`; after a boot `unknown`, which is healthy. */
  readonly managerState: string | undefined;
  /** Error registers that are not zero, by name. */
  readonly errors: Readonly<Record<string, string>>;
}

interface Layout {
  /** From the PCI device down to its management engine and to its ports. */
  readonly engine: readonly string[];
  readonly port: readonly string[];
  /** From the engine down. */
  readonly region: readonly string[];
  readonly manager: readonly string[];
}

/** DFL, in the kernel since 5.x (Linux: Documentation/fpga/dfl.rst, Documentation/ABI/testing/sysfs-platform-dfl-*). */
const dfl: Layout = {
  engine: ['fpga_region', 'region', 'dfl-fme.'],
  port: ['fpga_region', 'region', 'dfl-port.'],
  region: ['dfl-fme-region.', 'fpga_region', 'region'],
  manager: ['dfl-fme-mgr.', 'fpga_manager', 'fpga'],
};

/** Intel's own driver before it, the layout that Cyborg reads. */
const intelFpga: Layout = {
  engine: ['fpga', 'intel-fpga-dev.', 'intel-fpga-fme.'],
  port: ['fpga', 'intel-fpga-dev.', 'intel-fpga-port.'],
  region: ['pr'],
  manager: ['fpga_manager', 'fpga'],
};

const engineErrors = ['fme_errors', 'pcie0_errors', 'pcie1_errors', 'nonfatal_errors', 'catfatal_errors'];

/** What is made of the reading of one function, undefined where it shows nothing now. */
type Completion = (address: string, reading: IntelReading | undefined) => IntelReading | undefined;

/**
 * Reads a whole card: its region is the physical function's, and its virtual functions carry ports of it.
 *
 * @param complete fills in what is known otherwise; without it, what cannot be read now is not known
 */
export async function readIntelCard(
  sys: Machine,
  { address, virtfns }: Pick<PciFunction, 'address' | 'virtfns'>,
  complete: Completion = (_address, reading) => reading,
): Promise<IntelReading> {
  const read = async (fn: string): Promise<IntelReading> =>
    complete(fn, await readIntelFpga(sys, fn)) ?? nothing;
  const reading = await read(address);
  const functions = [...reading.functions];
  for (const virtual of virtfns) functions.push(...(await read(virtual)).functions);
  return { ...reading, functions };
}

/** Reads the FPGA behind a function, in whichever layout its kernel driver shows it; undefined while it has none. */
async function readIntelFpga(sys: Machine, address: string): Promise<IntelReading | undefined> {
  const device = `/sys/bus/pci/devices/${address}`;
  return (await readLayout(sys, device, dfl)) ?? readLayout(sys, device, intelFpga);
}

const nothing: IntelReading = {
  region: undefined,
  functions: [],
  bitstreamId: undefined,
  managerState: undefined,
  errors: {},
};

async function readLayout(sys: Machine, device: string, layout: Layout): Promise<IntelReading | undefined> {
  const [engine] = await findPaths(sys, device, layout.engine);
  const ports = await findPaths(sys, device, layout.port);
  if (engine === undefined && ports.length === 0) return undefined;
  const functions = await Promise.all(ports.map((port) => readAttribute(sys, `${port}/afu_id`)));
  return {
    ...nothing,
    ...(engine === undefined ? {} : await readEngine(sys, engine, layout)),
    functions: functions.map(asFpgaId).filter((id) => id !== undefined),
    errors: await readErrors(sys, engine, ports),
  };
}

async function readEngine(sys: Machine, engine: string, layout: Layout) {
  const [region] = await findPaths(sys, engine, layout.region);
  const [manager] = await findPaths(sys, engine, layout.manager);
  const idFile = layout === dfl ? 'compat_id' : 'interface_id';
  return {
    region: region === undefined ? undefined : asFpgaId(await readAttribute(sys, `${region}/${idFile}`)),
    bitstreamId: printable(await readAttribute(sys, `${engine}/bitstream_id`)),
    managerState: manager === undefined ? undefined : printable(await readAttribute(sys, `${manager}/state`)),
  };
}

async function readErrors(
  sys: Machine,
  engine: string | undefined,
  ports: readonly string[],
): Promise<Record<string, string>> {
  const registers = [
    ...(engine === undefined ? [] : engineErrors.map((name) => [name, `${engine}/errors/${name}`] as const)),
    ...ports.map((port) => ['port_errors', `${port}/errors/errors`] as const),
  ];
  const found: Record<string, string> = {};
  for (const [name, path] of registers) {
    const value = await readAttribute(sys, path);
    if (value !== undefined && /^0x[0-9a-f]{1,16}$/i.test(value) && BigInt(value) !== 0n) found[name] = value;
  }
  return found;
}
