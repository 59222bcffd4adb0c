import { describe, expect, it } from 'vitest';
import { aDevice } from '../../test/a-discovered-device.ts';
import { asker, benchHost, openConductorBench } from '../../test/conductor-bench.ts';
import { cleanTexts } from './clean-texts.ts';

describe('cleaning texts', () => {
  it('takes out what a database cannot hold', () => {
    expect(cleanTexts({ a: ['x\0y', 1, null], '\ud800': '\udc00z' })).toEqual({
      a: ['xy', 1, null],
      '\ufffd': '\ufffdz',
    });
  });

  it('is done to everything that an agent says: a report, a note, an error, what it holds', async () => {
    const bench = await openConductorBench();
    await bench.report([aDevice({ model: 'H\x00200' })]);
    const { id, model } = await bench.device();
    expect(model).toBe('H200');
    const operation = await bench.conductor.makeDeviceReady({ device: id, ...asker });
    const progress = { progress: 0.5, note: 'half\0way', operationId: operation.id };
    await bench.tell({ kind: 'operation-progress', ...progress });
    expect((await bench.store.operations.get(operation.id)).note).toBe('halfway');
    const error = { code: 'driver.hardware' as const, message: 'no\0' };
    await bench.answer(operation.id, { kind: 'failed', retry: 'never', error });
    expect((await bench.store.operations.get(operation.id)).error).toMatchObject({ message: 'no' });
    const held = {
      driver: 'gpu',
      device: { identity: 'GPU-1', address: '0000:83:00.0' },
      handle: { id: '0000:83:00.0', type: 'PCI' },
      consumer: { type: 'host', id: 'vm-1', via: 'direct' },
      state: 'attached',
      info: null,
      seen: 'partial',
      trouble: 'no\0 power',
    } as const;
    await bench.tell({ kind: 'attachments', attachments: [held], unreadable: [] });
    expect((await bench.store.hostLedgers.find(benchHost))?.entries).toMatchObject([
      { held: { trouble: 'no power' } },
    ]);
    await bench.end();
  });
});
