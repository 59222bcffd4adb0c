import { type AttachRequest, type DriverContext, DriverError, defineDriver } from '@cyborgjs/driver-sdk';
import { FileDriverConfig } from './config.ts';
import { devicePath, readDeviceFile, writeOwner } from './device-file.ts';
import { discoverFiles, fileHandle } from './discover-files.ts';

/** Exposes files as devices: they can be discovered, given to one owner at a time and taken back. */
export const fileDriver = defineDriver({
  config: FileDriverConfig,
  discover: discoverFiles,

  status: async ({ sys, config }, { handle, consumer }) => {
    const file = await readDeviceFile(sys, config.directory, handle.id);
    if (file !== undefined && file.owner === undefined) return 'partial';
    return file?.owner === consumer.id ? 'attached' : 'detached';
  },

  attach: async (context, request) => {
    const { handle, consumer } = request;
    const { path, owner } = await requireDevice(context, request);
    if (typeof owner === 'string' && owner !== consumer.id) {
      throw new DriverError('in_use', `${handle.id} is held by ${owner}`, { device: handle.id });
    }
    if (owner !== consumer.id) await writeOwner(context.sys, path, consumer.id);
    return fileHandle(context.config.directory, handle.id);
  },

  detach: async ({ sys, config }, { handle, consumer }) => {
    const file = await readDeviceFile(sys, config.directory, handle.id);
    const path = devicePath(config.directory, handle.id);
    if (file === undefined || path === undefined) return;
    // A damaged line may be what is left of this owner; what another owner holds stays his.
    if (file.owner === consumer.id || file.owner === undefined) await writeOwner(sys, path, null);
  },
});

export default fileDriver;

async function requireDevice({ sys, config }: DriverContext<FileDriverConfig>, { handle }: AttachRequest) {
  const file = await readDeviceFile(sys, config.directory, handle.id);
  const path = devicePath(config.directory, handle.id);
  if (file !== undefined && path !== undefined) return { path, owner: file.owner };
  throw new DriverError('not_found', `there is no device ${JSON.stringify(handle.id)}`, {
    device: handle.id,
    hint: `The devices are the files of ${config.directory}.`,
  });
}
