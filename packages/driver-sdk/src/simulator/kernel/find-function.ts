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
  const physical = state.cards.flatMap(({ functions }) => functions);
  const found = physical.find((candidate) => candidate.address === address);
  if (found !== undefined) return found;
  for (const candidate of physical) {
    const virtual = virtualFunctionAt(candidate, address);
    if (virtual !== undefined) return virtual;
  }
  return undefined;
}

/** The first virtual functions of a physical one. */
export function virtualFunctions(physical: SimulatedFunction, count: number): SimulatedFunction[] {
  const { sriov } = physical;
  return sriov === null ? [] : Array.from({ length: count }, (_, index) => virtualOf(physical, sriov, index));
}

/** The virtual function of a physical one that has an address; undefined when it can have none there. */
function virtualFunctionAt(physical: SimulatedFunction, address: string): SimulatedFunction | undefined {
  const { sriov } = physical;
  if (sriov === null || domainOf(physical.address) !== domainOf(address)) return undefined;
  const index = (routingIdOf(address) - routingIdOf(physical.address) - sriov.offset) / sriov.stride;
  const isOne = Number.isInteger(index) && index >= 0 && index < sriov.totalVfs;
  return isOne ? virtualOf(physical, sriov, index) : undefined;
}

function virtualOf(
  physical: SimulatedFunction,
  sriov: NonNullable<SimulatedFunction['sriov']>,
  index: number,
): SimulatedFunction {
  const id = routingIdOf(physical.address) + sriov.offset + index * sriov.stride;
  const address = `${domainOf(physical.address)}:${hex(id >> 8)}:${hex((id >> 3) & 0x1f)}.${id & 7}`;
  return {
    ...physical,
    address,
    device: sriov.vfDevice,
    driver: sriov.vfDriver,
    boundTo: sriov.vfDriver,
    iommuGroup: physical.iommuGroup === null ? null : 'own',
    link: null,
    serial: null,
    sriov: null,
    files: {},
    whenBound: {
      files: addressed(sriov.vfWhenBound?.files ?? {}, address),
      links: addressed(sriov.vfWhenBound?.links ?? {}, address),
    },
  };
}

function addressed(texts: Readonly<Record<string, string>>, address: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([path, text]) => [path.replaceAll('{address}', address), text]),
  );
}

const domainOf = (address: string): string => address.slice(0, address.indexOf(':'));

/** Bus, device and function as one number, which counts virtual functions on (PCI Express, SR-IOV). */
function routingIdOf(address: string): number {
  const [, bus = '', rest = ''] = address.split(':');
  const [device = '', fn = ''] = rest.split('.');
  return (Number.parseInt(bus, 16) << 8) + (Number.parseInt(device, 16) << 3) + Number(fn);
}

const hex = (value: number): string => value.toString(16).padStart(2, '0');
