import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { aPlainDriver } from '../../test/a-plain-driver.ts';
import { checkInstallation, complaintsAbout, refusalOf } from './check-installation.ts';
import { admitPackage, sweepDirectory } from './driver-directory.ts';
import { type AllowedDriver, editDriverList, readDriverList } from './driver-list.ts';
import { systemNpm } from './npm.ts';
import { stagePackage } from './stage-package.ts';

let above: string;
let directory: string;
let driver: AllowedDriver;
let installation: string;

beforeEach(async () => {
  above = mkdtempSync(join(tmpdir(), 'installation-'));
  onTestFinished(() => rmSync(above, { recursive: true }));
  directory = join(above, 'drivers');
  const staged = await stagePackage(directory, aPlainDriver(above, { id: 'plain' }), systemNpm);
  const addedAt = '2026-01-01T00:00:00.000Z';
  await admitPackage(directory, staged, { enabled: true, config: {}, addedAt, addedBy: 'me' });
  const [added] = readDriverList(directory);
  if (added === undefined) throw new Error('it was not added');
  driver = added;
  installation = join(directory, driver.directory);
}, 30_000);

const complaints = () => complaintsAbout(directory, driver);
const code = () => join(installation, 'node_modules/cyborg-driver-plain/index.js');

describe('an installed driver', () => {
  it('is as it was admitted, and is then run', async () => {
    expect(await complaints()).toEqual([]);
    expect(await checkInstallation(directory, driver)).toMatchObject({ name: 'cyborg-driver-plain' });
  });

  it('is refused for each file that is not as it was, by name', async () => {
    appendFileSync(code(), ' ');
    expect(await complaints()).toEqual([`${code()} was changed`]);
    renameSync(code(), `${code()}.bak`);
    expect(await complaints()).toEqual([`${code()} is missing`, `${code()}.bak does not belong there`]);
    symlinkSync('/etc/hostname', code());
    expect(await complaints()).toContain(`${code()} is a symbolic link to /etc/hostname; a driver has none`);
    mkdirSync(join(installation, 'node_modules/extra'));
    writeFileSync(join(installation, 'node_modules/extra/index.js'), '');
    expect(await complaints()).toContain(
      `${join(installation, 'node_modules/extra/index.js')} does not belong there`,
    );
  });

  it('is refused when its list of hashes was changed with it', async () => {
    const list = join(installation, 'files.sha256');
    appendFileSync(list, `${'0'.repeat(64)}  node_modules/extra.js\n`);
    expect(await complaints()).toEqual([`${list} was changed or is missing`]);
  });

  it('is refused when others may write it, or anything above it', async () => {
    chmodSync(code(), 0o646);
    chmodSync(join(installation, 'node_modules'), 0o775);
    chmodSync(directory, 0o777);
    expect(await complaints()).toEqual([
      `${directory} can be written by its group and everyone (mode 0777): chmod go-w ${directory}`,
      `${join(installation, 'node_modules')} can be written by its group (mode 0775): chmod go-w ${join(installation, 'node_modules')}`,
      `${code()} can be written by everyone (mode 0646): chmod go-w ${code()}`,
    ]);
    const failure = await checkInstallation(directory, driver).catch(refusalOf);
    expect(failure).toMatchObject({
      state: 'refused',
      failure: { code: 'denied', hint: 'Mend that, then: cyborgd driver retry plain' },
    });
  });

  it('is refused when it belongs to somebody else', async () => {
    const strangers = await complaintsAbout(directory, driver, new Set([4711]));
    const me = process.geteuid?.();
    expect(strangers).toContain(
      `${code()} belongs to user ${me}, who is neither root nor the user of cyborgd: chown root ${code()}`,
    );
  });

  it('is refused when it is of another version than listed', async () => {
    const listed = { ...driver, version: '2.0.0' };
    const refused = await checkInstallation(directory, listed).catch(refusalOf);
    expect(refused).toMatchObject({
      state: 'refused',
      failure: {
        message: expect.stringMatching(
          /package\.json is of cyborg-driver-plain 1\.0\.0, driver "plain"; drivers\.yaml lists cyborg-driver-plain 2\.0\.0/,
        ),
      },
    });
  });

  it('is refused whole when it is missing', async () => {
    rmSync(installation, { recursive: true });
    expect(await complaints()).toEqual([`${installation} is missing`]);
  });
});

describe('the driver directory', () => {
  it('keeps what an operator wrote into its list', async () => {
    const file = join(directory, 'drivers.yaml');
    appendFileSync(file, '# mine\n');
    await editDriverList(directory, (drivers) => drivers.setEnabled('plain', false));
    expect(readDriverList(directory)).toEqual([{ ...driver, enabled: false }]);
    expect(readFileSync(file, 'utf8')).toContain('# mine');
  });

  it.each([
    ['drivers: {plain: {package: x}}', /drivers\.yaml:1: drivers\.plain\.version: /],
    ['drivers: {Bad Name: {}}', /drivers\.yaml.*: drivers\.Bad Name: /],
    ['drivers: [', /drivers\.yaml: /],
    ['colour: red', /Unrecognized key: "colour"/],
  ])('refuses a list that does not hold, with the place: %s', (text, message) => {
    writeFileSync(join(directory, 'drivers.yaml'), text);
    expect(() => readDriverList(directory)).toThrow(
      expect.objectContaining({ code: 'config.invalid', message: expect.stringMatching(message) }),
    );
  });

  it('is swept of what nothing names', async () => {
    await stagePackage(directory, join(above, 'cyborg-driver-plain'), systemNpm);
    mkdirSync(join(directory, 'installed/left-1.0.0-abcdef'));
    await sweepDirectory(directory);
    expect(existsSync(join(directory, 'staging'))).toBe(false);
    expect(existsSync(join(directory, 'installed/left-1.0.0-abcdef'))).toBe(false);
    expect(await complaints()).toEqual([]);
  });
});
