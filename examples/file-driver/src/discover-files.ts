import { type DiscoveredDevice, ResourceClass, Trait } from '@cyborgjs/core';
import { type DriverContext, DriverError, orAbsent } from '@cyborgjs/driver-sdk';
import type { FileDriverConfig } from './config.ts';
import { type DeviceFile, deviceOfFile, parseDeviceFile } from './device-file.ts';

const resourceClass = ResourceClass.parse('CUSTOM_FILE');
const traits = [Trait.parse('OWNER_CYBORG')];

/** Every `*.device` file of the directory, as a device; one that cannot be read is there, and `unknown`. */
export async function discoverFiles({
  sys,
  config: { directory },
}: DriverContext<FileDriverConfig>): Promise<DiscoveredDevice[]> {
  const fileNames = await sys.list(directory);
  if (fileNames === undefined) {
    throw new DriverError('unavailable', `there is no directory ${directory}`, {
      hint: 'Make it, or correct the setting "directory" of the driver.',
    });
  }
  const devices: DiscoveredDevice[] = [];
  for (const fileName of fileNames) {
    const name = deviceOfFile(fileName);
    if (name === undefined) continue;
    const text = await orAbsent(() => sys.read(`${directory}/${fileName}`));
    devices.push(describeDevice(directory, name, parseDeviceFile(text ?? '')));
  }
  return devices;
}

function describeDevice(directory: string, name: string, file: DeviceFile): DiscoveredDevice {
  return {
    identity: file.serial ?? null,
    kind: 'PCI',
    vendor: 'example',
    model: file.model ?? 'File',
    address: name,
    numaNode: null,
    health:
      file.serial === undefined
        ? { state: 'unknown', reason: 'its file cannot be read, or has no serial number' }
        : { state: 'ok' },
    firmware: {},
    attributes: {},
    deployables: [{ name, resourceClass, traits, handles: [{ id: name, ...fileHandle(directory, name) }] }],
  };
}

/** How a consumer takes hold of a device: by its CDI name, or simply by the path of its file. */
export function fileHandle(directory: string, name: string) {
  return {
    type: 'CDI' as const,
    info: { cdi_name: `example.com/file=${name}`, path: `${directory}/${name}.device` },
  };
}
