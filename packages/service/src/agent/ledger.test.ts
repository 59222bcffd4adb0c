import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Uuid } from '@cyborgjs/core';
import { createFileRecords, type UnusableRecord } from '@cyborgjs/driver-sdk/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { aDevice } from '../../test/a-discovered-device.ts';
import { createLedger } from './ledger.ts';

/** A ledger as the first version wrote it; never to be written anew. */
const firstVersion = fileURLToPath(new URL('../../test/fixtures/ledger-1', import.meta.url));
const ended = '6a2f4c1e-0000-4000-8000-000000000001' as Uuid;
const open = '6a2f4c1e-0000-4000-8000-000000000002' as Uuid;

let directory: string;
let unusable: UnusableRecord[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cyborg-ledger-'));
  await cp(firstVersion, directory, { recursive: true });
  unusable = [];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const records = () => createFileRecords(directory, { onUnusable: (record) => unusable.push(record) });
/** Records of operations as a later version would have them. */
const laterOperations = {
  name: 'operation',
  schema: z.object({ startedAt: z.int(), attempts: z.int().optional(), bootId: z.string() }),
};

describe('a ledger of the first version', () => {
  it('is read whole', async () => {
    const ledger = createLedger(records());
    expect(await ledger.nextRun(1)).toBe(1_700_000_000_001);
    expect(await ledger.admission()).toEqual({ revision: 7, open: [{ driver: 'gpu', identity: 'GPU-1' }] });
    expect(await ledger.operation(ended)).toMatchObject({ ended: { outcome: { kind: 'succeeded' } } });
    expect(await ledger.operation(open)).toEqual({ startedAt: 3000, bootId: 'boot-1', ended: null });
    expect([...(await ledger.inventories())]).toEqual([['gpu', { observedAt: 4000, devices: [aDevice()] }]]);
    expect([...(await ledger.identities('gpu', 'boot-1'))]).toEqual([['0000:83:00.0', 'GPU-1']]);
    expect([...(await ledger.claimedTraits())]).toEqual(['CUSTOM_GPU_NVIDIA', 'OWNER_CYBORG']);
    expect(await ledger.attachments()).toEqual({ attachments: [], unreadable: [] });
    expect(unusable).toEqual([]);
  });

  it('is written as that version writes it, where nothing was added', async () => {
    const ledger = createLedger(records());
    await ledger.writeOperation(open, { startedAt: 3000, bootId: 'boot-1', ended: null });
    await ledger.writeAdmission({ revision: 7, open: [{ driver: 'gpu', identity: 'GPU-1' }] });
    for (const file of [`operation/${open}.record`, 'agent/admission.record'])
      expect(await readFile(join(directory, file), 'utf8')).toBe(
        await readFile(join(firstVersion, file), 'utf8'),
      );
  });

  it('goes through a later version, back, and forth again without a loss', async () => {
    const before = await records().read(laterOperations, open);
    await records().write(laterOperations, open, { startedAt: 0, bootId: '', ...before, attempts: 3 });
    const ledger = createLedger(records());
    const outcome = { kind: 'canceled' } as const;
    expect(await ledger.operation(open)).toEqual({ startedAt: 3000, bootId: 'boot-1', ended: null });
    await ledger.writeOperation(open, { startedAt: 3000, bootId: 'boot-2', ended: { at: 5000, outcome } });
    expect(await records().read(laterOperations, open)).toEqual({
      startedAt: 3000,
      attempts: 3,
      bootId: 'boot-2',
    });
    expect(await ledger.operation(open)).toMatchObject({ ended: { outcome } });
    expect(unusable).toEqual([]);
  });
});
