import type { ResourceClass } from '@cyborgjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aDevice } from '../../test/a-discovered-device.ts';
import { asker, type ConductorBench, openConductorBench, operationsIn } from '../../test/conductor-bench.ts';

const refused = {
  kind: 'failed',
  retry: 'never',
  error: { code: 'driver.hardware', message: 'it is broken' },
} as const;

let bench: ConductorBench;
beforeEach(async () => {
  bench = await openConductorBench();
  await bench.tell({ kind: 'hello' });
  await bench.report([aDevice()]);
  const ready = await bench.conductor.makeDeviceReady({ device: (await bench.device()).id, ...asker });
  await bench.answer(ready.id, { kind: 'succeeded', result: {} });
});
afterEach(() => bench.end());

/** An attachment that could not be made, and whose undoing is under way. */
async function failed() {
  const { id, operationId } = await bench.conductor.createAttachment({
    consumer: { type: 'host', id: 'vm-1' },
    projectId: 'p1',
    resourceClass: 'PGPU' as ResourceClass,
    ...asker,
  });
  await bench.answer(operationId ?? '', refused);
  await bench.commands();
  return bench.store.attachments.get(id);
}

const detach = (attachment: string, force = false) =>
  bench.conductor.detachAttachment({ attachment, force, onlyProject: null });

describe('giving up an attachment that failed', () => {
  it('lets the undoing go on, which ends it', async () => {
    const { id, operationId } = await failed();
    expect(await detach(id)).toMatchObject({ state: 'detaching', operationId });
    expect(await bench.commands()).toEqual([]);
    await bench.answer(operationId ?? '', { kind: 'succeeded', result: {} });
    expect(await bench.store.attachments.get(id)).toMatchObject({ state: 'detached', handle: null });
  });

  it('by force ends the undoing, and undoes it by force', async () => {
    const { id, operationId } = await failed();
    await detach(id, true);
    expect(await bench.commands()).toEqual([{ kind: 'cancel', operationId }]);
    await bench.answer(operationId ?? '', { kind: 'canceled' });
    expect(operationsIn(await bench.commands())).toMatchObject([
      { verb: 'detach', arguments: { force: true } },
    ]);
  });
});
