import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTreeReader } from './snapshot-tree.ts';

let root: string;
let snapshot: () => Record<string, string>;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'snapshot-'));
  mkdirSync(`${root}/a/b`, { recursive: true });
  writeFileSync(`${root}/a/one`, '1');
  writeFileSync(`${root}/a/b/two`, '2');
  symlinkSync('b', `${root}/a/link`);
  const read = createTreeReader(root);
  snapshot = () => Object.fromEntries(read());
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const tree = { '/a': '/', '/a/b': '/', '/a/b/two': '2', '/a/link': '-> b', '/a/one': '1' };

it('sees a file of the same size and time of change by whoever wrote it, at once and later', async () => {
  expect(snapshot()).toEqual(tree);
  writeFileSync(`${root}/a/one`, 'x');
  expect(snapshot()).toEqual({ ...tree, '/a/one': 'x' });
  await delay(60);
  snapshot();
  utimesSync(`${root}/a/one`, 1, 1);
  snapshot();
  await delay(60);
  snapshot();
  writeFileSync(`${root}/a/one`, 'y');
  utimesSync(`${root}/a/one`, 1, 1);
  expect(snapshot()).toEqual({ ...tree, '/a/one': 'y' });
});

it('sees what comes, goes and turns into something else', async () => {
  snapshot();
  await delay(60);
  expect(snapshot()).toEqual(tree);
  renameSync(`${root}/a/b/two`, `${root}/a/three`);
  rmSync(`${root}/a/link`);
  mkdirSync(`${root}/a/link`);
  writeFileSync(`${root}/a/link/four`, '/');
  expect(snapshot()).toEqual({
    ...{ '/a': '/', '/a/b': '/', '/a/one': '1', '/a/three': '2' },
    ...{ '/a/link': '/', '/a/link/four': '/' },
  });
});
