import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createRecordStore, type SpoiltRecord } from './record-store.ts';

const Note = z.object({ text: z.string() });
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cyborg-records-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('record store', () => {
  it('gives back what was written, also to a later process', async () => {
    await createRecordStore(directory).write('note', 'a/b', { text: 'kept' });
    expect(await createRecordStore(directory).read('note', 'a/b', Note)).toEqual({ text: 'kept' });
    expect([...(await createRecordStore(directory).readAll('note', Note)).keys()]).toEqual(['a/b']);
  });

  it('has nothing under a key that was never written or was removed', async () => {
    const records = createRecordStore(directory);
    await records.write('note', 'x', { text: '1' });
    await records.remove('note', 'x');
    expect(await records.read('note', 'x', Note)).toBeUndefined();
    expect(await records.read('other', 'x', Note)).toBeUndefined();
  });

  it('sets a record aside whose bytes changed, and keeps the others', async () => {
    const spoilt: SpoiltRecord[] = [];
    const records = createRecordStore(directory, { onSpoilt: (record) => spoilt.push(record) });
    await records.write('note', 'good', { text: 'good' });
    await records.write('note', 'bad', { text: 'bad' });
    const file = join(directory, 'note', 'bad.record');
    await writeFile(file, (await readFile(file, 'utf8')).replace('"bad"', '"mad"'));

    expect([...(await records.readAll('note', Note)).entries()]).toEqual([['good', { text: 'good' }]]);
    expect(spoilt).toEqual([{ file, reason: 'its checksum does not match' }]);
    expect(await readdir(join(directory, 'note'))).toContain('bad.record.spoilt');
  });

  it('sets an empty record aside, as a full disk leaves it', async () => {
    const records = createRecordStore(directory);
    await records.write('note', 'cut', { text: 'cut' });
    await writeFile(join(directory, 'note', 'cut.record'), '');
    expect(await records.read('note', 'cut', Note)).toBeUndefined();
  });

  it('reads a record that a later version wrote with more members', async () => {
    const records = createRecordStore(directory);
    await records.write('note', 'new', { text: 'new', colour: 'blue' });
    expect(await records.read('note', 'new', Note)).toEqual({ text: 'new' });
  });

  it('leaves only whole records when writes of one key overlap', async () => {
    const records = createRecordStore(directory);
    await Promise.all(Array.from({ length: 20 }, (_, n) => records.write('note', 'k', { text: `${n}` })));
    expect((await records.read('note', 'k', Note))?.text).toMatch(/^\d+$/);
    expect(await readdir(join(directory, 'note'))).toEqual(['k.record']);
  });
});
