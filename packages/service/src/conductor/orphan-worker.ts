import type { Uuid } from '@cyborgjs/core';
import type { HeldHandle } from '../store/deployable.ts';
import type { ConductorContext } from './conductor.ts';
import { deleteAcceleratorRequests } from './delete-accelerator-requests.ts';
import { startDetach } from './free-accelerator-requests.ts';
import { needsAttach } from './handle-preparation.ts';

/** Servers asked for in one round, and handles looked after. */
const perRound = 50;
/** States in which a request rightly holds a handle. */
const holdingStates = ['BindStarted', 'Bound'];
const requestedBy = 'cyborg';

/**
 * Finds what nobody will ever give back: requests of servers that Nova does not know any more, and handles held by
 * requests that are not there or not bound. Each round goes on behind the last server of the one before.
 */
export function createOrphanSweep(context: ConductorContext): () => Promise<boolean> {
  let after = '';
  return async () => {
    await freeAstray(context);
    after = await sweepServers(after, context);
    return false;
  };
}

/** The last server that was looked at; empty when the list is at its end. */
async function sweepServers(after: string, context: ConductorContext): Promise<string> {
  const { nova, store, now, settings, log } = context;
  if (nova === null) return '';
  const instances = await store.acceleratorRequests.listInstances(after, perRound);
  for (const { instanceId, quietSince } of instances) {
    if (now() - quietSince < settings.orphanAgeMs || (await nova.hasServer(instanceId))) continue;
    log.warn({ instance: instanceId }, 'Nova does not know this server; its accelerators are released');
    await deleteAcceleratorRequests(
      { which: { instanceId: instanceId as Uuid }, evenServed: true, onlyProject: null, requestedBy },
      context,
    );
  }
  return instances.length < perRound ? '' : (instances.at(-1)?.instanceId ?? '');
}

async function freeAstray(context: ConductorContext): Promise<void> {
  for (const { host, holder } of await context.store.deployables.heldAstray(holdingStates, perRound))
    await context.store.transaction(async (transaction) => {
      await transaction.hosts.hold(host);
      // Asked again under the lock: it may have come free, or its detach may be under way.
      const [handle] = await transaction.deployables.held(holder.kind, [holder.id]);
      const request = await transaction.acceleratorRequests.find(holder.id);
      if (handle === undefined || (request !== undefined && holdingStates.includes(request.state))) return;
      if (await isBeingPrepared(transaction.operations, handle)) return;
      if (!needsAttach(handle)) await transaction.deployables.releaseHandle(holder);
      else
        await startDetach(
          transaction,
          { handle, instanceId: request?.instanceId ?? null },
          { requestedBy, context },
        );
    });
}

/** Whether a driver is at work for the holder of a handle: the end of that decides. */
async function isBeingPrepared(
  operations: ConductorContext['store']['operations'],
  { deviceId, holder }: HeldHandle,
): Promise<boolean> {
  const { items } = await operations.list({ deviceId, open: true });
  return items.some((operation) => operation.arguments.request === holder.id);
}
