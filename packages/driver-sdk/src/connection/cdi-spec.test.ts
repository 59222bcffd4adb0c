import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CdiSpec } from './cdi-spec.ts';
import { removeCdiSpec, writeCdiSpec } from './write-cdi-spec.ts';

const device = { name: '0', containerEdits: { deviceNodes: [{ path: '/dev/vfio/14' }] } };
const spec = { cdiVersion: '0.6.0', kind: 'vendor.com/class', devices: [device] } as const;

describe('a specification', () => {
  it('of any supported version is taken', () => {
    for (const cdiVersion of ['0.5.0', '0.6.0', '0.7.0', '0.8.0', '1.0.0'] as const)
      expect(CdiSpec.parse({ ...spec, cdiVersion })).toEqual({ ...spec, cdiVersion });
  });

  it.each([
    ['a field that runtimes refuse', { ...spec, more: 1 }, /Unrecognized key/],
    ['a kind without a class', { ...spec, kind: 'vendor.com' }, /vendor.com\/class/],
    ['no device', { ...spec, devices: [] }, /devices/],
    ['two devices of one name', { ...spec, devices: [device, device] }, /two devices are named 0/],
    ['a name with a blank', { ...spec, devices: [{ ...device, name: 'a b' }] }, /letters, digits/],
    ['a relative node', { ...spec, containerEdits: { deviceNodes: [{ path: 'dev/x' }] } }, /absolute path/],
    [
      'annotations before their time',
      { ...spec, cdiVersion: '0.5.0', annotations: { a: 'b' } },
      /needs version 0.6.0/,
    ],
    [
      'a dot in its class before its time',
      { ...spec, cdiVersion: '0.5.0', kind: 'a.b/c.d' },
      /needs version 0.6.0/,
    ],
    ['groups before their time', { ...spec, containerEdits: { additionalGids: [5] } }, /needs version 0.7.0/],
  ])('with %s is refused', (_case, wrong, message) => {
    expect(() => CdiSpec.parse(wrong)).toThrow(message);
  });
});

describe('the file of a specification', () => {
  let directory: string;

  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'cdi-')), 'cdi');
  });
  afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

  it('is whole, readable by all, and alone in its directory', async () => {
    const path = await writeCdiSpec(directory, 'b5b0b3f2', CdiSpec.parse(spec));
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(spec);
    expect(readdirSync(directory)).toEqual(['cyborg-b5b0b3f2.json']);
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  it('is not touched when it says the same, and replaced when it does not', async () => {
    const path = await writeCdiSpec(directory, 'one', CdiSpec.parse(spec));
    const { ino } = statSync(path);
    await writeCdiSpec(directory, 'one', CdiSpec.parse(spec));
    expect(statSync(path).ino).toBe(ino);
    await writeCdiSpec(directory, 'one', CdiSpec.parse({ ...spec, kind: 'vendor.com/other' }));
    expect(JSON.parse(readFileSync(path, 'utf8')).kind).toBe('vendor.com/other');
  });

  it('is never seen by halves', async () => {
    const path = await writeCdiSpec(directory, 'one', CdiSpec.parse(spec));
    let isOver = false;
    const large = {
      ...spec,
      devices: Array.from({ length: 2000 }, (_, at) => ({ ...device, name: `${at}` })),
    };
    const writing = Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        writeCdiSpec(directory, 'one', CdiSpec.parse(at % 2 === 0 ? large : spec)),
      ),
    ).finally(() => {
      isOver = true;
    });
    let reads = 0;
    while (!isOver) {
      expect(CdiSpec.safeParse(JSON.parse(readFileSync(path, 'utf8'))).success).toBe(true);
      reads += 1;
      await new Promise(setImmediate);
    }
    await writing;
    expect(reads).toBeGreaterThan(1);
    expect(readdirSync(directory)).toEqual(['cyborg-one.json']);
  });

  it('goes with its attachment, and may be gone already', async () => {
    await writeCdiSpec(directory, 'one', CdiSpec.parse(spec));
    await removeCdiSpec(directory, 'one');
    await removeCdiSpec(directory, 'one');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('has no name outside of its directory', async () => {
    await expect(writeCdiSpec(directory, '../../etc/one', CdiSpec.parse(spec))).rejects.toThrow(
      /file's name/,
    );
  });
});
