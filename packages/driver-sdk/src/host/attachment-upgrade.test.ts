import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { failureOf, type GuardBench, openGuard, requestOn } from '../../test/guard-bench.ts';
import type { AttachRequest } from '../driver.ts';
import { createFileRecords } from '../records/file-records.ts';
import { AttachmentEntry } from './attachment-entry.ts';
import { listHeldAttachments } from './held-attachments.ts';

/** A journal as its first version wrote it, never to be written anew: `a` has the first function, `b` the second. */
const firstVersion = join(import.meta.dirname, '../../test/fixtures/journal-1');
const keyOf = ({ handle }: AttachRequest): string => `nic/${handle.id}`;

/** The journal's records as a later version could have them: with one more fact, and one more state. */
const later = {
  name: 'attachment',
  schema: AttachmentEntry.extend({
    state: z.enum([...AttachmentEntry.shape.state.options, 'suspended']),
    ward: z.string().optional(),
  }),
};

let directory: string;
let root: string;
let first: AttachRequest;
let second: AttachRequest;

/** The machine is as that journal says. */
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'journal-upgrade-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  cpSync(firstVersion, directory, { recursive: true });
  const maker = openGuard();
  root = maker.root;
  first = await requestOn(maker, 'a', 0);
  second = { ...(await requestOn(maker, 'b', 1)), options: { size: '2' } };
  await maker.mutate('attach', first);
  await maker.mutate('attach', second);
});

const records = () => createFileRecords(directory);
const thisVersion = (bootId = 'boot-1'): GuardBench => openGuard({ records: records(), root, bootId });

describe('a journal of the first version', () => {
  it('is read whole, and its attachments survive', async () => {
    const bench = thisVersion();
    await bench.guard.replay();
    expect(await listHeldAttachments(records())).toMatchObject({
      attachments: [
        { handle: first.handle, consumer: first.consumer, state: 'attached', seen: 'attached' },
        { handle: second.handle, consumer: second.consumer, state: 'attached', seen: 'attached' },
      ],
      unreadable: [],
    });
    expect(bench.writes()).toBe(0);
    expect(await failureOf(bench.mutate('attach', { ...second, options: {} }))).toMatchObject({
      code: 'conflict',
    });
    await bench.mutate('detach', second);
    expect(await bench.held()).toMatchObject([{ consumer: { id: 'a' } }]);
  });

  it('is written as that version writes it', async () => {
    const entry = await records().read({ name: 'attachment', schema: AttachmentEntry }, keyOf(first));
    if (entry === undefined) throw new Error('the fixture has no such entry');
    await records().write({ name: 'attachment', schema: AttachmentEntry }, keyOf(first), entry);
    const file = `attachment/${encodeURIComponent(keyOf(first))}.record`;
    const lines = (where: string) => {
      const [, body = ''] = readFileSync(join(where, file), 'utf8').split('\n');
      return JSON.parse(body) as unknown;
    };
    expect(lines(directory)).toEqual(lines(firstVersion));
  });

  it('goes through a later version, back, and forth again without a loss', async () => {
    const entry = await records().read(later, keyOf(first));
    if (entry === undefined) throw new Error('the fixture has no such entry');
    await records().write(later, keyOf(first), { ...entry, ward: 'gold' });

    const back = thisVersion('boot-2');
    await back.guard.replay();
    await back.mutate('attach', first);
    expect(back.writes()).toBe(0);

    expect(await records().read(later, keyOf(first))).toMatchObject({
      ward: 'gold',
      bootId: 'boot-2',
      state: 'attached',
    });
  });

  it('gives nobody what a later version holds in a way that it does not know', async () => {
    const entry = await records().read(later, keyOf(first));
    if (entry === undefined) throw new Error('the fixture has no such entry');
    await records().write(later, keyOf(first), { ...entry, state: 'suspended' });

    const back = thisVersion();
    await back.guard.replay();
    expect(await failureOf(back.mutate('attach', first))).toMatchObject({ code: 'in_use' });
    expect((await listHeldAttachments(back.records)).unreadable).toEqual([
      { driver: 'nic', handle: first.handle.id },
    ]);
    expect(await back.held()).toMatchObject([{ consumer: { id: 'b' } }]);
    expect(await records().read(later, keyOf(first))).toMatchObject({ state: 'suspended' });
  });
});
