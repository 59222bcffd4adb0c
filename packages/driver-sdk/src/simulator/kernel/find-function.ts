import type { SimulatedFunction } from '../card.ts';
import type { SimulationState } from '../simulation-state.ts';
import { type Kernel, KernelError } from './kernel.ts';

export const pciDevices = '/sys/bus/pci/devices';
export const pciDrivers = '/sys/bus/pci/drivers';

/** A function that is in the tree now. */
export interface PresentFunction {
  readonly address: string;
  /** Its real directory. */
  readonly directory: string;
  readonly spec: SimulatedFunction;
}

/** The function at an address, in the form the attributes take; ENODEV when there is none. */
export function requireFunction(kernel: Kernel, address: string): PresentFunction {
  const found = findFunction(kernel, address);
  if (found === undefined) throw new KernelError('ENODEV', `no function ${address}`);
  return found;
}

/** The function at an address; undefined when there is none in the tree. */
export function findFunction(kernel: Kernel, address: string): PresentFunction | undefined {
  const directory = kernel.tree.target(`${pciDevices}/${address}`);
  const spec = specOf(kernel.state, address);
  return directory === undefined || spec === undefined ? undefined : { address, directory, spec };
}

/** Name of the driver that a function is bound to; undefined when it is unbound. */
export function driverOf(kernel: Kernel, { directory }: PresentFunction): string | undefined {
  return kernel.tree.target(`${directory}/driver`)?.slice(pciDrivers.length + 1);
}

/** Everything known of a function, physical or virtual, in the tree or not. */
export function specOf(state: SimulationState, address: string): SimulatedFunction | undefined {
  for (const { functions } of state.cards) {
    for (const physical of functions) {
      if (physical.address === address) return physical;
      const virtual = virtualFunctions(physical, physical.sriov?.totalVfs ?? 0);
      const found = virtual.find((candidate) => candidate.address === address);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The first virtual functions of a physical one. */
export function virtualFunctions(physical: SimulatedFunction, count: number): SimulatedFunction[] {
  const { sriov } = physical;
  if (sriov === null) return [];
  const addresses = Array.from({ length: count }, (_, index) =>
    shiftAddress(physical.address, sriov.offset + index * sriov.stride),
  );
  return addresses.map((address) => ({
    ...physical,
    address,
    device: sriov.vfDevice,
    driver: sriov.vfDriver,
    boundTo: sriov.vfDriver,
    iommuGroup: physical.iommuGroup === null ? null : ('own' as const),
    link: null,
    serial: null,
    sriov: null,
    files: {},
    whenBound: {
      files: addressed(sriov.vfWhenBound?.files ?? {}, address),
      links: addressed(sriov.vfWhenBound?.links ?? {}, address),
    },
  }));
}

function addressed(texts: Readonly<Record<string, string>>, address: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([path, text]) => [path.replaceAll('{address}', address), text]),
  );
}

/** The address so many routing ids further: bus, device and function are one number (PCI Express, SR-IOV). */
function shiftAddress(address: string, by: number): string {
  const [domain = '', bus = '', rest = ''] = address.split(':');
  const [device = '', fn = ''] = rest.split('.');
  const id = (Number.parseInt(bus, 16) << 8) + (Number.parseInt(device, 16) << 3) + Number(fn) + by;
  const hex = (value: number): string => value.toString(16).padStart(2, '0');
  return `${domain}:${hex(id >> 8)}:${hex((id >> 3) & 0x1f)}.${id & 7}`;
}
