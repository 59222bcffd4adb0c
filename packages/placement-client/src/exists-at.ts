import { type CallOptions, noBody, type PlacementRequest } from './placement-call.ts';
import { isPlacementError } from './placement-error.ts';

type Send = (request: PlacementRequest<undefined>, options?: CallOptions) => Promise<unknown>;

/** Whether Placement has something at a path. */
export async function existsAt(send: Send, path: string, options?: CallOptions): Promise<boolean> {
  try {
    await send({ method: 'GET', path, answer: noBody }, options);
    return true;
  } catch (error) {
    if (isPlacementError(error, 'placement.not_found')) return false;
    throw error;
  }
}
