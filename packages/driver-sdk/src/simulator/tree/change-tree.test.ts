import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeTree, controlDirectory, settleTree } from './change-tree.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tree-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const source = createRequire(import.meta.url).resolve('./change-tree.ts');

/** Runs a script in a process of its own; `changeTree` and `root` are there. */
function child(script: string) {
  const program = `import { changeTree } from ${JSON.stringify(source)}; const root = ${JSON.stringify(root)}; ${script}`;
  return spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], { stdio: 'inherit' });
}

const ended = (process: ReturnType<typeof child>): Promise<number | null> =>
  new Promise((resolve) => process.once('exit', resolve));

it('shows a draft its own changes, and leaves nothing of one that failed', () => {
  changeTree(root, (tree) => {
    tree.write('/a/b/c', 'text');
    tree.link('/l', '/a/b');
    expect([tree.read('/a/b/c'), tree.target('/l'), tree.list('/a')]).toEqual(['text', '/a/b', ['b']]);
  });
  expect(() =>
    changeTree(root, (tree) => {
      tree.remove('/a');
      expect([tree.read('/a/b/c'), tree.has('/a'), tree.list('/')]).toEqual([
        undefined,
        false,
        expect.any(Array),
      ]);
      tree.write('/a/b/d', 'new');
      expect(tree.list('/a/b')).toEqual(['d']);
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(readFileSync(join(root, 'l/c'), 'utf8')).toBe('text');
  expect(existsSync(join(root, 'a/b/d'))).toBe(false);
});

it('prunes the directories that a removal leaves empty', () => {
  changeTree(root, (tree) => {
    tree.write('/a/b/c/d', '');
    tree.write('/a/e', '');
  });
  changeTree(root, (tree) => tree.prune('/a/b/c/d'));
  expect([existsSync(join(root, 'a/b')), existsSync(join(root, 'a/e'))]).toEqual([false, true]);
});

it('finishes what a process had noted and not done', () => {
  changeTree(root, (tree) => tree.write('/old', '1'));
  const changes = { removed: ['/old'], entries: [['/new/file', { kind: 'file', text: '2' }]] };
  writeFileSync(`${root}${controlDirectory}/journal.json`, JSON.stringify(changes));
  settleTree(root);
  expect([existsSync(join(root, 'old')), readFileSync(join(root, 'new/file'), 'utf8')]).toEqual([false, '2']);
  expect(existsSync(`${root}${controlDirectory}/journal.json`)).toBe(false);
});

describe('several processes', () => {
  it('lose no change of each other', async () => {
    changeTree(root, (tree) => tree.write('/count', '0'));
    const script = `for (let i = 0; i < 100; i += 1)
      changeTree(root, (tree) => tree.write('/count', String(Number(tree.read('/count')) + 1)));`;
    const codes = await Promise.all([child(script), child(script), child(script)].map(ended));
    expect(codes).toEqual([0, 0, 0]);
    expect(readFileSync(join(root, 'count'), 'utf8')).toBe('300');
  });

  it('go on when one is killed at any moment, and never see half a change', async () => {
    const names = Array.from({ length: 40 }, (_, at) => `/d/f${at}`);
    changeTree(root, (tree) => {
      for (const name of names) tree.write(name, '0');
    });
    const script = `const names = ${JSON.stringify(names)};
      for (let i = 1; ; i += 1) changeTree(root, (tree) => {
        const next = String(Number(tree.read('/d/f0')) + 1);
        for (const name of names) tree.write(name, next);
      });`;
    for (let round = 0; round < 6; round += 1) {
      const victim = child(script);
      const before = readFileSync(join(root, 'd/f0'), 'utf8');
      await expect
        .poll(() => readFileSync(join(root, 'd/f0'), 'utf8'), { interval: 1, timeout: 30_000 })
        .not.toBe(before);
      victim.kill('SIGKILL');
      await ended(victim);
      const seen = changeTree(root, (tree) => names.map((name) => tree.read(name)));
      expect(new Set(seen).size, `round ${round}`).toBe(1);
    }
  });
});
