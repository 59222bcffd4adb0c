import { DriverError, isDriverError } from '../driver-error.ts';
import type { Machine } from '../machine.ts';
import { answers, readConfigSpace } from './card-identity.ts';
import { readAttribute } from './read-attribute.ts';
import { readPciFunction } from './read-pci-function.ts';
import { requireFunction } from './require-function.ts';
import { functionPath, isVfioDriver } from './sysfs-paths.ts';

export interface ResetOptions {
  /** `flr`, `pm`, `bus`, `device_specific`, `acpi`; the kernel tries what it has in its order when left out. */
  readonly method?: string;
}

/** The ways in which the kernel can reset a function, in the order it tries them; none when there is none. */
export async function readResetMethods(sys: Machine, address: string): Promise<readonly string[]> {
  const text = await readAttribute(sys, `${functionPath(address)}/reset_method`);
  return text === undefined ? [] : text.split(/\s+/);
}

/**
 * Resets a function that no host driver has, and looks whether it answers afterwards. With a method the kernel is
 * told to use that one only, and then its usual order again. Kernels before 5.15 have no choice.
 *
 * @throws `busy` while a host driver has it; `unsupported` when it cannot be reset, or not in that way; `hardware`
 * when it does not answer any more
 */
export async function resetFunction(
  sys: Machine,
  address: string,
  options: ResetOptions = {},
): Promise<void> {
  const directory = functionPath(requireFunction(address));
  await requireResettable(sys, address);
  const { method } = options;
  if (method === undefined) await sys.write(`${directory}/reset`, '1');
  else await resetBy(sys, address, method);
  const config = await readConfigSpace(sys, address);
  if (config !== undefined && answers(config)) return;
  throw new DriverError('hardware', `${address} does not answer after its reset`, {
    device: address,
    hint: 'Take it off the bus and scan again, or turn the machine off and on.',
  });
}

async function resetBy(sys: Machine, address: string, method: string): Promise<void> {
  const directory = functionPath(address);
  const before = await readResetMethods(sys, address);
  const isChoice = before[0] !== method;
  if (isChoice) await chooseMethod(sys, address, method);
  try {
    await sys.write(`${directory}/reset`, '1');
  } finally {
    // Otherwise a later reset, by VFIO, would be by this method too.
    if (isChoice) await sys.write(`${directory}/reset_method`, before.join(' '));
  }
}

async function chooseMethod(sys: Machine, address: string, method: string): Promise<void> {
  try {
    await sys.write(`${functionPath(address)}/reset_method`, method);
  } catch (cause) {
    if (!isDriverError(cause) || cause.code === 'denied') throw cause;
    const methods = await readResetMethods(sys, address);
    throw new DriverError('unsupported', `${address} cannot be reset by ${JSON.stringify(method)}`, {
      device: address,
      hint: methods.length === 0 ? 'It has no choice of methods.' : `It can by ${methods.join(', ')}.`,
      cause,
    });
  }
}

async function requireResettable(sys: Machine, address: string): Promise<void> {
  const fn = await readPciFunction(sys, requireFunction(address));
  if (fn === undefined)
    throw new DriverError('not_found', `there is no PCI function ${address}`, { device: address });
  if (fn.driver !== undefined && !isVfioDriver(fn.driver)) {
    throw new DriverError('busy', `${address} is in use by ${fn.driver}`, {
      device: address,
      hint: 'Bind it to VFIO, or unbind it, first.',
    });
  }
  if (((await sys.list(functionPath(address))) ?? []).includes('reset')) return;
  throw new DriverError('unsupported', `${address} cannot be reset`, {
    device: address,
    hint: 'The kernel knows no way; a vendor tool may.',
  });
}
