import { DriverError, type Machine } from '@cyborgjs/driver-sdk';

/** What a device's file says, line by line: `owner=…`, `serial=…`, `model=…`. */
export interface DeviceFile {
  /** Who has the device; null when nobody has, undefined when the line is damaged. */
  readonly owner: string | null | undefined;
  readonly serial: string | undefined;
  readonly model: string | undefined;
}

/**
 * The owner's name is padded to this: a write of the seam replaces as many bytes as it has, and so exactly the
 * first line.
 */
const ownerWidth = 64;
const ownerLine = /^owner=(?<name>[\w.:-]*) *$/;

/** Names of devices, as they are addresses and parts of paths. */
const deviceName = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** The name of the device that a file stands for; undefined for any other file. */
export function deviceOfFile(fileName: string): string | undefined {
  const name = /^(?<name>.*)\.device$/.exec(fileName)?.groups?.name ?? '';
  return deviceName.test(name) ? name : undefined;
}

/** The first line of a device's file, with its newline; null for nobody. */
export function formatOwner(owner: string | null): string {
  return `owner=${(owner ?? '').padEnd(ownerWidth)}\n`;
}

/** A whole device file, as who makes a device writes it. */
export function formatDeviceFile(serial: string, model: string): string {
  return `${formatOwner(null)}serial=${serial}\nmodel=${model}\n`;
}

/** The path of a device's file; undefined for what can be no device's name. */
export function devicePath(directory: string, name: string): string | undefined {
  return deviceName.test(name) ? `${directory}/${name}.device` : undefined;
}

/** Never throws: a line that is not there, or says nothing sensible, is undefined. */
export function parseDeviceFile(text: string): DeviceFile {
  const lines = text.split('\n', 3);
  const owner = ownerLine.exec(lines[0] ?? '')?.groups?.name;
  return {
    owner:
      lines[0]?.length === formatOwner(null).length - 1 && owner !== undefined ? owner || null : undefined,
    serial: /^serial=(?<value>[\w-]{1,64})$/.exec(lines[1] ?? '')?.groups?.value,
    model: /^model=(?<value>[ -~]{1,64})$/.exec(lines[2] ?? '')?.groups?.value,
  };
}

/**
 * Reads a device's file; undefined when there is no such device. A file that is listed and cannot be read is
 * `hardware`, not absent: detach would call a device clean that it has not seen.
 */
export async function readDeviceFile(
  sys: Machine,
  directory: string,
  name: string,
): Promise<DeviceFile | undefined> {
  const path = devicePath(directory, name);
  if (path === undefined) return undefined;
  const text = await sys.read(path);
  if (text !== undefined) return parseDeviceFile(text);
  const names = (await sys.list(directory)) ?? [];
  if (!names.some((fileName) => deviceOfFile(fileName) === name)) return undefined;
  throw new DriverError('hardware', `${path} is listed and cannot be read`, { device: name });
}

/** Writes the owner into a device's file and looks whether it is there. */
export async function writeOwner(sys: Machine, path: string, owner: string | null): Promise<void> {
  await sys.write(path, formatOwner(owner));
  const text = await sys.read(path);
  if (text !== undefined && parseDeviceFile(text).owner === owner) return;
  throw new DriverError('hardware', `${path} does not hold the owner that was written to it`);
}
