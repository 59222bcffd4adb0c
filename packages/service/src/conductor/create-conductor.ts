import type { Fact } from '@cyborgjs/core';
import { EventEmitter } from 'eventemitter3';
import type { Unsubscribe } from '../bus/bus.ts';
import { applyFact } from './apply-fact.ts';
import { createAttribute, deleteAttribute } from './attribute.ts';
import { bindAcceleratorRequests } from './bind-accelerator-requests.ts';
import { cancelOperation } from './cancel-operation.ts';
import { createClaimSweep, tendClaims } from './claim-worker.ts';
import type {
  Conductor,
  ConductorComponents,
  ConductorContext,
  ConductorEvents,
  ConductorIntents,
} from './conductor.ts';
import { type ConductorSettings, defaultConductorSettings } from './conductor-settings.ts';
import { createAcceleratorRequests } from './create-accelerator-requests.ts';
import { createAttachment } from './create-attachment.ts';
import { deleteAcceleratorRequests } from './delete-accelerator-requests.ts';
import { detachAttachment } from './detach-attachment.ts';
import { createDeviceProfile, deleteDeviceProfiles } from './device-profile.ts';
import { examineRules } from './examine-rules.ts';
import { createImageLibrary } from './image-library.ts';
import { ImageServer } from './image-server.ts';
import { makeDeviceReady } from './make-device-ready.ts';
import { tendOperations } from './operation-worker.ts';
import { createOrphanSweep } from './orphan-worker.ts';
import { sendOutbox } from './outbox-worker.ts';
import { programDeployable } from './program-deployable.ts';
import { projectQuotas } from './project-quotas.ts';
import { reconcileHosts } from './reconcile-worker.ts';
import { recordingStore, recordRequest } from './record-request.ts';
import { requestDiscover } from './request-discover.ts';
import { retryOperation } from './retry-operation.ts';
import { setDeviceEnabled } from './set-device-enabled.ts';
import { setQuotas } from './set-quotas.ts';
import { sweep } from './sweep-worker.ts';
import { unbindAcceleratorRequests } from './unbind-accelerator-requests.ts';
import { uninstallDevice } from './uninstall-device.ts';
import { appendToImage, createImage, deleteImage } from './upload-image.ts';
import { webhookIntents } from './webhook.ts';
import { createWebhookWorker, type WebhookWorker } from './webhook-worker.ts';
import { createWorkerLoop } from './worker-loop.ts';

/**
 * Builds a conductor; nothing runs before `start`. Any number may run on one store: facts are taken in by
 * whichever gets them, what leaves is leased.
 */
export function createConductor(
  components: ConductorComponents,
  settings: ConductorSettings = defaultConductorSettings,
): Conductor {
  const { store, bus, glance } = components;
  const library = createImageLibrary({ store, glance, limitBytes: settings.imageLimitBytes });
  const context: ConductorContext = { ...components, settings, images: library };
  const events = new EventEmitter<ConductorEvents>();
  const webhooks = createWebhookWorker(context, () => workers.webhooks.wake());
  const workers = createWorkers(context, webhooks);
  const images = new ImageServer(context);
  const take = async (fact: Fact) =>
    fact.kind === 'image-wanted' ? images.serve(fact) : applyFact(fact, context);
  let unsubscribe: Unsubscribe = async () => {};

  // Only a hint: without it the workers find the same work at the end of their pause.
  const stopObserving = store.observe((committed) => {
    if (committed.outbox) {
      workers.outbox.wake();
      workers.nova.wake();
    }
    if (committed.events.some(({ type }) => type.startsWith('attachment.'))) workers.claims.wake();
    for (const event of committed.events) events.emit('event', event);
  });

  return {
    events,
    ...intents(context),
    applyFact: take,
    async start() {
      unsubscribe = await bus.receiveFacts(take);
      for (const worker of Object.values(workers)) worker.start();
    },
    async stop() {
      await unsubscribe();
      await images.stop();
      await Promise.all(Object.values(workers).map((worker) => worker.stop()));
      await webhooks.stop();
      stopObserving();
    },
  };
}

function intents(context: ConductorContext): ConductorIntents {
  return {
    requestDiscover: (request) => requestDiscover(request, context),
    makeDeviceReady: (request) => makeDeviceReady(request, context),
    uninstallDevice: (request) => uninstallDevice(request, context),
    setDeviceEnabled: (request) => setDeviceEnabled(request, context),
    programDeployable: (request) => programDeployable(request, context),
    createImage: async (request) => createImage(request, context),
    appendToImage: (request) => appendToImage(request, context),
    deleteImage: (id) => deleteImage(id, context),
    retryOperation: (request) => retryOperation(request, context),
    cancelOperation: (request) => cancelOperation(request, context),
    createDeviceProfile: (profile) => createDeviceProfile(profile, context),
    deleteDeviceProfiles: (ids) => deleteDeviceProfiles(ids, context),
    createAcceleratorRequests: (request) => createAcceleratorRequests(request, context),
    bindAcceleratorRequests: (request) => bindAcceleratorRequests(request, context),
    unbindAcceleratorRequests: (request) => unbindAcceleratorRequests(request, context),
    deleteAcceleratorRequests: (request) => deleteAcceleratorRequests(request, context),
    createAttachment: (request) => createAttachment(request, context),
    detachAttachment: (request) => detachAttachment(request, context),
    createAttribute: (attribute) => createAttribute(attribute, context),
    deleteAttribute: (id) => deleteAttribute(id, context),
    projectQuotas: (projectId) => projectQuotas(projectId, context),
    examineRules: () => examineRules(context),
    setQuotas: (request) => setQuotas(request, context),
    ...webhookIntents(context),
    recordedAs: (record, onStored) =>
      intents({ ...context, store: recordingStore(context.store, record, onStored) }),
    recordRequest: (record) => recordRequest(record, context),
  };
}

function createWorkers(context: ConductorContext, webhooks: WebhookWorker) {
  const { settings, now } = context;
  const owner = context.newId();
  const listeningSince = now();
  const { outboxPollMs, operationPollMs, orphanPollMs, reconcilePollMs, sweepPollMs } = settings;
  const worker = (name: string, pauseMs: number, round: () => Promise<boolean>) =>
    createWorkerLoop({ ...context, name, pauseMs, round });
  return {
    outbox: worker('outbox', outboxPollMs, () => sendOutbox({ owner, to: 'hosts' }, context)),
    nova: worker('nova', outboxPollMs, () => sendOutbox({ owner, to: 'nova' }, context)),
    operations: worker('operations', operationPollMs, () => tendOperations(context)),
    orphans: worker('orphans', orphanPollMs, createOrphanSweep(context)),
    claims: worker('claims', outboxPollMs, () => tendClaims(context)),
    webhooks: worker('webhooks', outboxPollMs, webhooks.round),
    leftClaims: worker('left claims', orphanPollMs, createClaimSweep(context)),
    reconciliation: worker('reconciliation', reconcilePollMs, async () => {
      await reconcileHosts(context);
      return false;
    }),
    sweep: worker('sweep', sweepPollMs, async () => {
      await sweep(listeningSince, context);
      return false;
    }),
  };
}
