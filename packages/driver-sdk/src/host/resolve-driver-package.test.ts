import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fixtureDirectory } from '../../test/fixture.ts';
import { DriverError } from '../driver-error.ts';
import { resolveDriverPackage } from './resolve-driver-package.ts';

const manifest = {
  id: 'acme',
  api: '^1.0',
  entry: '.',
  verbs: ['discover', 'status', 'attach', 'detach'],
  match: [],
  permissions: { read: ['/sys/**'], write: [], tools: [] },
};
const contents = {
  name: 'cyborg-driver-acme',
  version: '2.1.0',
  type: 'module',
  exports: { '.': './driver.js' },
  cyborgDriver: manifest,
};

function makePackage(packageJson: unknown, directory = emptyDirectory()): string {
  mkdirSync(directory, { recursive: true });
  const text = typeof packageJson === 'string' ? packageJson : JSON.stringify(packageJson);
  writeFileSync(join(directory, 'package.json'), text);
  writeFileSync(join(directory, 'driver.js'), 'throw new Error("vendor code must not run");');
  return directory;
}

function emptyDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'driver-package-')));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

function refusal(run: () => unknown): DriverError {
  try {
    run();
  } catch (error) {
    if (error instanceof DriverError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a driver package', () => {
  it('is found in a directory, and its code is not run', () => {
    const directory = makePackage(contents);
    expect(resolveDriverPackage({ directory })).toEqual({
      name: 'cyborg-driver-acme',
      version: '2.1.0',
      directory,
      manifest: { ...manifest, timeoutsMs: {}, stats: [] },
      api: '1.1.0',
      entryFile: join(directory, 'driver.js'),
    });
  });

  it('is found by name where it is installed or above, through links', () => {
    const project = emptyDirectory();
    const store = makePackage(contents);
    mkdirSync(join(project, 'node_modules/@acme'), { recursive: true });
    symlinkSync(store, join(project, 'node_modules/@acme/driver'));
    const found = resolveDriverPackage({ name: '@acme/driver', from: join(project, 'deep/below') });
    expect(found.directory).toBe(store);
  });

  it('is not installed: the refusal says where it was looked for', () => {
    const from = emptyDirectory();
    expect(refusal(() => resolveDriverPackage({ name: '@acme/driver', from }))).toMatchObject({
      code: 'invalid',
      message: `driver package @acme/driver is not installed in ${from} or above`,
      hint: `Run "npm install @acme/driver" in ${from}, or correct the name.`,
    });
  });

  it('is for another contract: the refusal names both sides', () => {
    const directory = fixtureDirectory('wants-newer-api');
    const error = refusal(() => resolveDriverPackage({ directory }));
    expect(error).toMatchObject({ code: 'unsupported', retry: 'never' });
    expect(error.message).toBe(
      `${directory}/package.json: cyborgDriver.api: it works with driver contract "^2.0", this host speaks 1.0.0 and 1.1.0`,
    );
  });

  it.each([
    ['no JSON', '{', /package.json cannot be read as JSON$/],
    [
      'no manifest',
      { name: 'left-pad', version: '1.0.0' },
      /has no "cyborgDriver": it is no driver package$/,
    ],
    ['a list', [], /has no "cyborgDriver"/],
    ['a number', 7, /package.json: \.: /],
    [
      'a verb that there is not',
      { ...contents, cyborgDriver: { ...manifest, verbs: ['discover', 'status', 'attach', 'fly'] } },
      /package.json: cyborgDriver.verbs.3: /,
    ],
    [
      'an unknown key',
      { ...contents, cyborgDriver: { ...manifest, permission: {} } },
      /package.json: cyborgDriver: Unrecognized key: "permission"$/,
    ],
    [
      'no semver range',
      { ...contents, cyborgDriver: { ...manifest, api: 'latest!' } },
      /package.json: cyborgDriver.api: "latest!" is no semver range$/,
    ],
    [
      'an entry that is not exported',
      { ...contents, cyborgDriver: { ...manifest, entry: './driver' } },
      /cyborgDriver.entry: ".\/driver" is not among the exports of cyborg-driver-acme$/,
    ],
    [
      'an entry that was not built',
      { ...contents, exports: './dist/index.js' },
      /cyborgDriver.entry: "." leads to .*\/dist\/index.js, and there is no such file in the package$/,
    ],
    [
      'an entry outside of it',
      { ...contents, exports: '../../../../../../../etc/passwd' },
      /leads to \/etc\/passwd, and there is no such file in the package$/,
    ],
  ])('is refused with the place and a hint: %s', (_, packageJson, message) => {
    const directory = makePackage(packageJson);
    const error = refusal(() => resolveDriverPackage({ directory }));
    expect(error).toMatchObject({ code: 'invalid', retry: 'never' });
    expect(error.message).toMatch(message);
    expect(error.message).toContain(directory);
    expect(error.hint).toBeTruthy();
  });
});
