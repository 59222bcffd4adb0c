import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { createFileRecords } from './file-records.ts';
import { createMemoryRecords } from './memory-records.ts';

const notes = { name: 'note', schema: z.object({ text: z.string(), about: z.string().optional() }) };
/** The same kind as a later version has it. */
const newerNotes = { name: 'note', schema: notes.schema.extend({ colour: z.string() }) };

function inFiles() {
  const directory = mkdtempSync(join(tmpdir(), 'records-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return createFileRecords(directory);
}

describe.each([
  ['files', inFiles],
  ['memory', createMemoryRecords],
] as const)('records in %s', (_where, open) => {
  it('give back what was written, under any key', async () => {
    const records = open();
    const long = 'é/'.repeat(120);
    for (const key of ['a/b', '..', 'a%2Fb', long]) await records.write(notes, key, { text: key });
    for (const key of ['a/b', '..', 'a%2Fb', long])
      expect(await records.read(notes, key)).toEqual({ text: key });
    expect([...(await records.readAll(notes)).values()]).toHaveLength(4);
    expect([...(await records.readAll(notes)).keys()]).toEqual(
      expect.arrayContaining(['a/b', '..', 'a%2Fb']),
    );
  });

  it('have nothing under a key that was never written or was removed', async () => {
    const records = open();
    await records.write(notes, 'x', { text: '1' });
    expect(await records.has(notes, 'x')).toBe(true);
    await records.remove(notes, 'x');
    expect(await records.read(notes, 'x')).toBeUndefined();
    expect(await records.has(notes, 'x')).toBe(false);
    expect(await records.read({ ...notes, name: 'other' }, 'x')).toBeUndefined();
  });

  it('keep what a later version wrote, over a change by an earlier one', async () => {
    const records = open();
    await records.write(newerNotes, 'a', { text: 'new', colour: 'blue' });
    expect(await records.read(notes, 'a')).toEqual({ text: 'new' });
    await records.write(notes, 'a', { text: 'changed by the earlier' });
    expect(await records.read(newerNotes, 'a')).toEqual({ text: 'changed by the earlier', colour: 'blue' });
  });

  it('let a member go that its own version leaves out', async () => {
    const records = open();
    await records.write(notes, 'a', { text: '1', about: 'x' });
    await records.write(notes, 'a', { text: '2' });
    expect(await records.read(notes, 'a')).toEqual({ text: '2' });
  });

  it('leave a record where it is that they do not understand', async () => {
    const records = open();
    const strange = { name: 'note', schema: z.object({ text: z.array(z.string()) }) };
    await records.write(strange, 'a', { text: ['of another version'] });
    expect(await records.read(notes, 'a')).toBeUndefined();
    expect(await records.has(notes, 'a')).toBe(true);
    expect(await records.unreadable(notes)).toEqual(['a']);
    expect(await records.read(strange, 'a')).toEqual({ text: ['of another version'] });
  });
});
