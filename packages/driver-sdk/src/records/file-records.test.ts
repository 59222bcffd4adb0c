import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createFileRecords, type UnusableRecord } from './file-records.ts';

const notes = { name: 'note', schema: z.object({ text: z.string() }) };
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cyborg-records-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const fileOf = (key: string) => join(directory, 'note', `${key}.record`);

describe('records in files', () => {
  it('are there for a later process', async () => {
    await createFileRecords(directory).write(notes, 'a/b', { text: 'kept' });
    expect(await createFileRecords(directory).read(notes, 'a/b')).toEqual({ text: 'kept' });
  });

  it('set one aside whose bytes changed, and keep the others', async () => {
    const told: UnusableRecord[] = [];
    const records = createFileRecords(directory, { onUnusable: (record) => told.push(record) });
    await records.write(notes, 'good', { text: 'good' });
    await records.write(notes, 'bad', { text: 'bad' });
    const file = fileOf('bad');
    await writeFile(file, (await readFile(file, 'utf8')).replace('"bad"', '"mad"'));

    expect([...(await records.readAll(notes)).entries()]).toEqual([['good', { text: 'good' }]]);
    expect(told).toEqual([{ file, reason: 'its checksum does not match' }]);
    expect(await readdir(join(directory, 'note'))).toContain('bad.record.spoilt');
  });

  it('remember a spoilt one until it is removed or written anew', async () => {
    const records = createFileRecords(directory);
    for (const key of ['a', 'b']) {
      await records.write(notes, key, { text: key });
      await writeFile(fileOf(key), '');
    }
    expect(await records.unreadable(notes)).toEqual(['a', 'b']);
    expect(await records.has(notes, 'a')).toBe(true);
    await records.remove(notes, 'a');
    await records.write(notes, 'b', { text: 'again' });
    expect(await records.has(notes, 'a')).toBe(false);
    expect(await records.unreadable(notes)).toEqual([]);
    expect(await readdir(join(directory, 'note'))).toContain('a.record.closed');
  });

  it('leave one of a later format alone, and say so once', async () => {
    const told: UnusableRecord[] = [];
    const records = createFileRecords(directory, { onUnusable: (record) => told.push(record) });
    await records.write(notes, 'a', { text: 'a' });
    const text = (await readFile(fileOf('a'), 'utf8')).replace('cyborg-record 1', 'cyborg-record 2');
    await writeFile(fileOf('a'), text);
    expect(await records.read(notes, 'a')).toBeUndefined();
    expect(await records.read(notes, 'a')).toBeUndefined();
    expect(told).toEqual([{ file: fileOf('a'), reason: 'it is of format 2; this version reads 1' }]);
    expect(await readFile(fileOf('a'), 'utf8')).toBe(text);
  });

  it('are whole when writes of one key overlap', async () => {
    const records = createFileRecords(directory);
    await Promise.all(Array.from({ length: 20 }, (_, n) => records.write(notes, 'k', { text: `${n}` })));
    expect((await records.read(notes, 'k'))?.text).toMatch(/^\d+$/);
    expect(await readdir(join(directory, 'note'))).toEqual(['k.record']);
  });

  it('say what is wrong with a directory that cannot be written', async () => {
    await writeFile(join(directory, 'note'), 'a file where a directory should be');
    const write = createFileRecords(directory).write(notes, 'a', { text: 'a' });
    await expect(write).rejects.toMatchObject({ code: expect.stringMatching(/ENOTDIR|EEXIST/) });
  });
});
