import { CyborgError, type Uuid } from '@cyborgjs/core';
import type { RequestWithGroup } from '../store/accelerator-request.ts';
import type { ProvidedDeployable, StoredDeployable } from '../store/deployable.ts';
import type { StoredDevice } from '../store/device.ts';
import type { StoreTransaction } from '../store/store.ts';
import {
  type ImageSource,
  type ImageWish,
  imageWish,
  isSameSource,
  plainFunctionId,
} from './image-source.ts';
import { beingProgrammed } from './program-deployable.ts';

/** A request that has taken a handle of a deployable. */
interface Taken {
  readonly request: Pick<RequestWithGroup, 'id' | 'group'>;
  readonly deployable: ProvidedDeployable;
}

/** What has to be programmed, by request; or why some of it cannot be. */
type ProgrammingPlan =
  | { readonly kind: 'program'; readonly sources: ReadonlyMap<Uuid, ImageSource> }
  | { readonly kind: 'refused'; readonly refusal: CyborgError };

/**
 * Finds out which of some requests need their device programmed. A device has one image: it is never programmed while
 * somebody holds a part of it who did not ask for that image, or while it is being programmed with another one. Hold
 * the hosts first. Reads nothing where no group names an image and nothing is being programmed.
 */
export async function planProgramming(
  transaction: StoreTransaction,
  taken: readonly Taken[],
): Promise<ProgrammingPlan> {
  const sources = new Map<Uuid, ImageSource>();
  const devices = new Map<string, StoredDevice>();
  for (const { request, deployable } of taken) {
    const wish = imageWish(request.group);
    if (wish.kind === 'nonsense') return refused(nonsense(wish.why));
    if (wish.kind === 'none' && deployable.programming === null) continue;
    const { deviceId, programming } = deployable;
    if (programming !== null && !(await isProgrammedWith(transaction, programming, wish)))
      return refused(beingProgrammed(deviceId, programming));
    if (wish.kind === 'none') continue;
    const device = devices.get(deviceId) ?? (await transaction.devices.get(deviceId));
    devices.set(deviceId, device);
    if (programming === null && hasFunction(device.deployables, deployable.id, wish)) continue;
    const other = await findOtherUser(transaction, device, wish);
    if (other !== undefined) return refused(inUse(device, other));
    sources.set(request.id, wish);
  }
  return { kind: 'program', sources };
}

/** Whether a deployable shows a function by its traits (`CUSTOM_FPGA_FUNCTION_ID_<vendor>_<id>`). */
export function showsFunction({ traits }: Pick<StoredDeployable, 'traits'>, functionId: string): boolean {
  const ending = `_${plainFunctionId(functionId)}`;
  return traits.some((trait) => trait.startsWith('CUSTOM_FPGA_FUNCTION_ID_') && trait.endsWith(ending));
}

function hasFunction(deployables: readonly StoredDeployable[], id: string, wish: ImageWish): boolean {
  const deployable = deployables.find((one) => one.id === id);
  return wish.kind === 'function' && deployable !== undefined && showsFunction(deployable, wish.functionId);
}

async function isProgrammedWith(
  { operations }: StoreTransaction,
  operation: Uuid,
  wish: ImageWish,
): Promise<boolean> {
  return isSameSource((await operations.get(operation)).arguments.source, wish);
}

/** A holder of a part of a device who did not ask for the image. */
async function findOtherUser(
  transaction: StoreTransaction,
  { deployables }: StoredDevice,
  wish: ImageWish,
): Promise<string | undefined> {
  const holders = deployables.flatMap(({ handles }) => handles.flatMap(({ holder }) => holder ?? []));
  const stranger = holders.find(({ kind }) => kind !== 'accelerator_request');
  if (stranger !== undefined) return `${stranger.kind} ${stranger.id}`;
  const ids = holders.map(({ id }) => id);
  const requests = await transaction.acceleratorRequests.listWithGroups({ ids });
  const content = new Set<string>(
    requests.filter(({ group }) => isSameSource(imageWish(group), wish)).map(({ id }) => id),
  );
  const other = ids.find((id) => !content.has(id));
  return other === undefined ? undefined : `accelerator request ${other}`;
}

const refused = (refusal: CyborgError) => ({ kind: 'refused', refusal }) as const;

function nonsense(why: string): CyborgError {
  return new CyborgError('request.invalid', `the device profile cannot be bound: ${why}`);
}

function inUse({ id }: StoredDevice, holder: string): CyborgError {
  return new CyborgError(
    'device.in_use',
    `device ${id} cannot be programmed: ${holder} holds a part of it and did not ask for this image`,
    { details: { device: id, holder } },
  );
}
