import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { packageClosure } from './package-closure.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'closure-')));
  onTestFinished(() => rmSync(root, { recursive: true }));
});

function place(directory: string, ...dependencies: readonly string[]): string {
  const path = join(root, directory);
  mkdirSync(path, { recursive: true });
  const names = Object.fromEntries(dependencies.map((name) => [name, '*']));
  writeFileSync(join(path, 'package.json'), JSON.stringify({ dependencies: names }));
  return path;
}

it('is all that a package depends on, side by side as npm installs it', () => {
  const driver = place('node_modules/driver', 'sdk', 'absent');
  const expected = [driver, place('node_modules/sdk', 'zod'), place('node_modules/zod', 'sdk')];
  place('node_modules/stranger');
  expect([...packageClosure(driver)].sort()).toEqual(expected.sort());
});

it('has links and what they lead to, as pnpm installs it', () => {
  const driver = place('store/driver/node_modules/driver', 'sdk');
  const sdk = place('store/sdk/node_modules/sdk', 'zod');
  const zod = place('store/zod/node_modules/zod');
  const links = [join(root, 'store/driver/node_modules/sdk'), join(root, 'store/sdk/node_modules/zod')];
  for (const [index, target] of [sdk, zod].entries()) symlinkSync(target, links[index] ?? '');
  expect([...packageClosure(driver)].sort()).toEqual([driver, sdk, zod, ...links].sort());
});
