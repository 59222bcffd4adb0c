import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { aName, aUuid, describeWithPlacement } from '../../test/placement-peers.ts';
import { aRoot, heldTree, ownedPrefix, type Root } from '../../test/tree-builders.ts';
import { runCommandLine } from './run-command-line.ts';

const main = join(import.meta.dirname, '../main.ts');

describeWithPlacement('placement apply', (bench) => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'placement-killed-'));
    path = join(directory, 'tree.yaml');
  });
  afterEach(async () => {
    bench.server.forget();
    await rm(directory, { recursive: true, force: true });
  });

  /** A day on which providers come, go, move and change, below one root. */
  function aDay(root: Root) {
    const [old, fresh, className] = [
      aName(`${ownedPrefix}OLD`),
      aName(`${ownedPrefix}NEW`),
      aName('CUSTOM_CLASS'),
    ];
    const name = (end: string) => `${root.name}_${end}`;
    const pgpu = { PGPU: { total: 4 } };
    const [left, joined] = [aUuid(), aUuid()];
    const file = (providers: readonly object[]) => ({
      root,
      create_root: true,
      owned: { traits: [`${ownedPrefix}*`], providers: [`${root.name}_*`] },
      providers,
    });
    const slice = { name: name('slice'), inventories: pgpu };
    const before = file([
      { name: name('card'), traits: [old], aggregates: [left], inventories: pgpu },
      { ...slice, parent: name('card') },
      { name: name('gone'), traits: [old], inventories: pgpu },
    ]);
    const after = file([
      {
        name: name('card'),
        traits: [fresh],
        aggregates: [joined],
        inventories: { [className]: { total: 2 } },
      },
      { ...slice, traits: [old, fresh] },
      { name: name('come'), traits: [fresh], parent: name('card'), inventories: pgpu },
    ]);
    const expected = {
      [name('card')]: {
        parent: root.name,
        traits: [fresh],
        aggregates: [joined],
        inventories: { [className]: [2, 0] },
      },
      [name('slice')]: {
        parent: root.name,
        traits: [fresh, old].toSorted(),
        aggregates: [],
        inventories: { PGPU: [4, 0] },
      },
      [name('come')]: {
        parent: name('card'),
        traits: [fresh],
        aggregates: [],
        inventories: { PGPU: [4, 0] },
      },
    };
    return { before, after, expected };
  }

  /** Applies a tree within this process. */
  async function apply(tree: object) {
    await writeFile(path, stringify(tree));
    let said = '';
    const code = await runCommandLine([...bench.flags, 'apply', path], {
      env: bench.env,
      write: (text) => {
        said += text;
      },
      writeError: (text) => {
        said += text;
      },
      hasColour: false,
      hasProgress: false,
      version: '0.0.0',
    });
    expect([code, said]).toEqual([0, expect.any(String)]);
  }

  /** Applies a tree in a process of its own, which `start` gets to kill; tells how it ended. */
  async function applyInProcess(tree: object, start: (kill: () => void) => void) {
    await writeFile(path, stringify(tree));
    const argv = ['--conditions=cyborg-source', main, ...bench.flags, 'apply', '--reshaper', path];
    const child = spawn(process.execPath, argv, { env: { ...process.env, ...bench.env }, stdio: 'ignore' });
    const exit = once(child, 'exit');
    start(() => child.kill('SIGKILL'));
    const [code, signal] = await exit;
    return { code, signal };
  }

  // Processes and a real server take their time, so that each request is lost one way or not at all. That every write
  // may be lost both ways is a property of the plan.
  it.each([
    { kind: 'drop-request', first: 0 },
    { kind: 'drop-reply', first: 1 },
  ] as const)(
    'killed at any request is finished by another run ($kind from request $first on)',
    { timeout: 300_000 },
    async ({ kind, first }) => {
      for (let n = first; ; n += bench.isReal ? 8 : 3) {
        const root = aRoot();
        const { before, after, expected } = aDay(root);
        await apply(before);
        bench.server.forget();
        const { code, signal } = await applyInProcess(after, (kill) =>
          bench.server.intercept((_request, index) => {
            if (index !== n) return undefined;
            kill();
            return { kind };
          }),
        );
        const wasInTime = bench.server.requests.length <= n;
        expect([code, signal]).toEqual(wasInTime ? [0, null] : [null, 'SIGKILL']);
        bench.server.forget();
        await apply(after);
        expect(await heldTree(bench.placement, root)).toEqual(expected);
        if (!wasInTime) continue;
        expect(n).toBeGreaterThanOrEqual(15);
        return;
      }
    },
  );

  it('killed at any moment is finished by another run', { timeout: 300_000 }, async () => {
    const pauseMs = 20;
    /** Applies a day, killed so long after its first request, if at all; how long that took and whether it was in time. */
    const applied = async (killAfterMs: number | undefined) => {
      const root = aRoot();
      const { before, after, expected } = aDay(root);
      await apply(before);
      bench.server.forget();
      const startedAt = performance.now();
      const { signal } = await applyInProcess(after, (kill) =>
        // Slowed down so that moments fall between the steps, too.
        bench.server.intercept((_request, index) => {
          if (index === 0 && killAfterMs !== undefined) setTimeout(kill, killAfterMs);
          return { kind: 'delay', ms: pauseMs };
        }),
      );
      const tookMs = performance.now() - startedAt;
      // What was under way when it died is still done.
      await new Promise((resolve) => setTimeout(resolve, 5 * pauseMs));
      bench.server.forget();
      await apply(after);
      expect(await heldTree(bench.placement, root)).toEqual(expected);
      return { tookMs, isKilled: signal === 'SIGKILL' };
    };
    const { tookMs } = await applied(undefined);
    let killed = 0;
    for (const share of [0, 0.1, 0.2, 0.3, 0.5, 0.7])
      if ((await applied(share * tookMs)).isKilled) killed += 1;
    expect(killed).toBeGreaterThanOrEqual(3);
  });
});
