import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { driverConfigSchema } from '@cyborgjs/driver-sdk';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { aPlainDriver } from '../../test/a-plain-driver.ts';
import { addDriver } from './add-driver.ts';
import type { DriverDesk } from './driver-desk.ts';
import { readDriverList } from './driver-list.ts';
import { systemNpm } from './npm.ts';
import { removeDriver } from './remove-driver.ts';

let above: string;
let printed: string[];

beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), 'add-driver-'));
  onTestFinished(() => rmSync(above, { recursive: true }));
  printed = [];
});

/** A desk where no agent runs; who is asked says yes. */
const desk = (facts: Partial<DriverDesk> = {}): DriverDesk => ({
  directory: join(above, 'drivers'),
  stateDir: above,
  configured: new Map(),
  holders: async () => [],
  npm: systemNpm,
  now: () => 0,
  user: 'operator',
  print: (line) => printed.push(line),
  confirm: async () => true,
  ...facts,
});
const plain = (facts: Partial<Parameters<typeof aPlainDriver>[1]> = {}) =>
  aPlainDriver(above, { id: 'plain', ...facts });
const listed = () => readDriverList(join(above, 'drivers')).map(({ id, config }) => ({ id, config }));

describe('a driver is added', { timeout: 30_000 }, () => {
  it('when its operator has read what it is and agrees', async () => {
    const questions: string[] = [];
    const confirm = async (question: string) => questions.push(question) > 0;
    await addDriver(desk({ confirm }), plain(), {});
    expect(questions).toEqual(['Install it?']);
    expect(printed[0]).toMatch(/^Fetching .*cyborg-driver-plain with npm/);
    expect(printed[1]).toContain('may read    /cards/plain');
    expect(readDriverList(join(above, 'drivers'))).toMatchObject([
      {
        id: 'plain',
        version: '1.0.0',
        enabled: true,
        addedBy: 'operator',
        addedAt: '1970-01-01T00:00:00.000Z',
      },
    ]);
  });

  it.each([
    [
      'that nobody agrees to',
      { confirm: async () => false },
      {},
      'driver.unconfirmed',
      'nothing was installed',
    ],
    ['that nobody is there to agree to', { confirm: undefined }, {}, 'driver.unconfirmed', 'add --yes'],
    [
      'whose id the configuration has',
      { configured: new Map([['plain', 'x']]) },
      {},
      'driver.exists',
      'agent.drivers',
    ],
    ['for another contract', {}, { manifest: { api: '^9.0' } }, 'driver.refused', 'contract "^9.0"'],
    [
      'without a manifest',
      {},
      { packageJson: { cyborgDriver: undefined } },
      'driver.refused',
      'it is no driver package',
    ],
    [
      'that needs what npm does not find',
      {},
      { packageJson: { dependencies: { x: 'file:../nowhere' } } },
      'driver.not_installable',
      'npm install failed',
    ],
  ] as const)('but not one %s: the directory stays as it was', async (_what, at, facts, code, message) => {
    await expect(addDriver(desk(at as Partial<DriverDesk>), plain(facts), {})).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(listed()).toEqual([]);
    expect(existsSync(join(above, 'drivers/staging'))).toBe(false);
  });

  it('with settings that its schema allows, and no others', async () => {
    const schema = JSON.stringify(driverConfigSchema(z.strictObject({ model: z.string().optional() })));
    const source = plain({ files: { 'config.schema.json': schema } });
    const settings = join(above, 'settings.yaml');
    writeFileSync(settings, 'model: 7\n');
    await expect(addDriver(desk(), source, { settings })).rejects.toMatchObject({
      code: 'config.invalid',
      message: `${settings}: model: Invalid input: expected string, received number`,
    });
    writeFileSync(settings, 'model: Seven\n');
    await addDriver(desk(), source, { settings });
    expect(listed()).toEqual([{ id: 'plain', config: { model: 'Seven' } }]);
  });
});

it('a driver is not removed while it has something attached, unless forced', {
  timeout: 30_000,
}, async () => {
  const holding = desk({ holders: async () => ['card-0 (attached, instance vm-1)'] });
  await addDriver(holding, plain(), {});
  await expect(removeDriver(holding, 'plain', {})).rejects.toMatchObject({
    code: 'driver.in_use',
    message: expect.stringContaining('card-0 (attached, instance vm-1)'),
  });
  await removeDriver(holding, 'plain', { force: true });
  expect(listed()).toEqual([]);
});
