import { CyborgError, operationArguments } from '@cyborgjs/core';
import type { StoredOperation } from '../store/operation.ts';
import type { ConductorContext, RetryRequest } from './conductor.ts';
import { makeDeviceReady } from './make-device-ready.ts';
import { requestDiscover } from './request-discover.ts';
import { uninstallDevice } from './uninstall-device.ts';

/**
 * Asks anew for what an operation that failed or was canceled was to do, by the door that it came through, so that
 * everything is looked at again. The old one stays as it ended.
 */
export async function retryOperation(
  { operation: id, ...asker }: RetryRequest,
  context: ConductorContext,
): Promise<StoredOperation> {
  const operation = await context.store.operations.get(id);
  const { verb, state, host, driver, deviceId, arguments: terms } = operation;
  if (state !== 'failed' && state !== 'canceled')
    throw notRetryable(operation, `it is ${state}; only what failed or was canceled is`);
  if (verb === 'discover') return requestDiscover({ ...asker, host, driver: driver ?? undefined }, context);
  if (deviceId === null || (verb !== 'install' && verb !== 'uninstall'))
    throw notRetryable(
      operation,
      `${verb} is asked for by what it is for: an attachment, a server, an image`,
    );
  const wanted = { ...asker, ...operationArguments[verb].parse(terms), device: deviceId };
  return verb === 'install' ? makeDeviceReady(wanted, context) : uninstallDevice(wanted, context);
}

function notRetryable({ id, verb, state }: StoredOperation, why: string): CyborgError {
  return new CyborgError('operation.not_retryable', `operation ${id} cannot be asked for again: ${why}`, {
    details: { operation: id, verb, state },
  });
}
