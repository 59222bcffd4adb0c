import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Device, HostDriver, Page } from '@cyborgjs/core';
import { buildMachine, nvidiaGpu, openSimulation } from '@cyborgjs/driver-sdk/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { complaintsAbout } from '../src/drivers/check-installation.ts';
import { readDriverList } from '../src/drivers/driver-list.ts';
import { aPlainDriver } from './a-plain-driver.ts';
import { cyborgd, driverProcesses, type Ended } from './cyborgd.ts';
import { type RunningService, startService } from './running-service.ts';
import { until } from './until.ts';

let directory: string;
let root: string;
let stateDir: string;
let service: RunningService;

/** A running service that has one driver of its configuration, and scans by itself once in a day. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cyborg-drivers-'));
  root = join(directory, 'machine');
  stateDir = join(directory, 'state');
  buildMachine({ root, cards: [nvidiaGpu({ address: '0000:83:00.0' })] });
  for (const id of ['plain', 'other']) mkdirSync(join(root, 'cards', id, `${id}-card`), { recursive: true });
  mkdirSync(stateDir);
  service = await start();
}, 60_000);
afterAll(async () => {
  await service.stop();
  rmSync(directory, { recursive: true, force: true });
});

const start = (): Promise<RunningService> =>
  startService({
    stateDir,
    conductor: { healthTtlMs: 200_000_000 },
    agent: {
      rescanIntervalMs: 86_400_000,
      hosts: [{ name: 'sim1', machine: { kind: 'simulated', root } }],
      drivers: [{ package: '@cyborgjs/driver-gpu' }],
    },
  });

const driver = (...words: string[]): Promise<Ended> =>
  cyborgd(['driver', ...words, '--config', join(stateDir, 'cyborg.yaml')]);
const driverOf = async (id: string) =>
  (await service.get<Page<HostDriver>>('/v3/drivers')).items.find((one) => one.id === id);
const devicesOf = async (id: string) =>
  (await service.get<Page<Device>>('/v3/devices')).items.filter((device) => device.driver === id);
const list = () => parse(readFileSync(join(stateDir, 'drivers/drivers.yaml'), 'utf8'));
const installed = (id: string, path: string) =>
  join(stateDir, 'drivers', list().drivers[id].directory, 'node_modules', `cyborg-driver-${id}`, path);

describe('a driver that is added to a running service', () => {
  it('runs at once, and no other driver notices', { timeout: 120_000 }, async () => {
    const before = driverProcesses();
    const added = await driver('add', aPlainDriver(directory, { id: 'plain' }), '--yes');
    expect(added).toMatchObject({ code: 0, stderr: '' });
    expect(added.stdout).toContain('verbs       discover, status, attach, detach, watch');
    expect(added.stdout).toContain('may read    /cards/plain');
    expect(added.stdout).toMatch(/plain on sim1: running\n$/);
    const [device] = await until('its device is shown', async () => {
      const found = await devicesOf('plain');
      return found.length === 1 && found;
    });
    expect(device).toMatchObject({
      host: 'sim1',
      address: 'plain-card',
      state: 'discovered',
      model: 'plain',
    });
    expect(driverProcesses()).toEqual({ gpu: before.gpu, plain: expect.any(Number) });
    expect(await driverOf('gpu')).toMatchObject({ state: 'running', restarts: 0 });
  });

  it('has its hints followed long before the next scan', { timeout: 120_000 }, async () => {
    mkdirSync(join(root, 'cards/plain/second-card'));
    await until('the second card is shown', async () => (await devicesOf('plain')).length === 2);
    openSimulation(root).plug(nvidiaGpu({ address: '0000:84:00.0' }));
    await until('the second GPU is shown', async () => (await devicesOf('gpu')).length === 2);
    rmSync(join(root, 'cards/plain/second-card'), { recursive: true });
    openSimulation(root).unplug('0000:84:00.0');
    await until('both are gone', async () => {
      const found = [...(await devicesOf('plain')), ...(await devicesOf('gpu'))];
      return found.filter(({ state }) => state === 'gone').length === 2;
    });
  });

  it('has its hints of health followed long before the next scan', { timeout: 120_000 }, async () => {
    const healthOf = async (address: string) =>
      (await service.get<Page<Device>>('/v3/devices')).items.find((device) => device.address === address)
        ?.health;
    const file = join(root, 'cards/plain/plain-card/health');
    writeFileSync(file, 'it is hot\n');
    await until('the card has failed', async () => (await healthOf('plain-card'))?.state === 'failed');
    expect(await healthOf('plain-card')).toMatchObject({ reason: 'it is hot' });
    writeFileSync(file, '\n');
    await until('the card is well', async () => (await healthOf('plain-card'))?.state === 'ok');
    const gpu = '0000:83:00.0';
    openSimulation(root).fallOff(gpu);
    await until('the GPU has failed', async () => (await healthOf(gpu))?.state === 'failed');
    openSimulation(root).recover(gpu);
    await until('the GPU is well', async () => (await healthOf(gpu))?.state === 'ok');
  });

  it('is replaced by another version, and keeps its settings', { timeout: 120_000 }, async () => {
    const settings = join(directory, 'settings.yaml');
    writeFileSync(settings, 'model: Acme One\n');
    const source = aPlainDriver(directory, { id: 'plain', version: '1.1.0' });
    expect(await driver('add', source, '--yes', '--settings', settings)).toMatchObject({ code: 0 });
    const shown = async (model: string) =>
      until(`model ${model}`, async () =>
        (await devicesOf('plain')).some((device) => device.model === model),
      );
    await shown('Acme One');
    aPlainDriver(directory, { id: 'plain', version: '1.2.0' });
    const replaced = await driver('add', source, '--yes');
    expect(replaced.stdout).toContain('replaces cyborg-driver-plain 1.1.0');
    expect(await driverOf('plain')).toMatchObject({ version: '1.2.0', state: 'running' });
    await shown('Acme One');
    expect(list().drivers.plain).toMatchObject({ version: '1.2.0', config: { model: 'Acme One' } });
  });

  it('with settings that it refuses is shown with its reason, and loses nothing', {
    timeout: 120_000,
  }, async () => {
    const settings = join(directory, 'bad.yaml');
    writeFileSync(settings, 'colour: red\n');
    const source = join(directory, 'cyborg-driver-plain');
    const added = await driver('add', source, '--yes', '--settings', settings);
    expect(added).toMatchObject({
      code: 78,
      stdout: expect.stringMatching(/plain on sim1: stopped: .*\/colour/),
    });
    expect((await devicesOf('plain')).filter(({ state }) => state !== 'gone')).toHaveLength(1);
    writeFileSync(settings, 'model: Acme One\n');
    expect(await driver('add', source, '--yes', '--settings', settings)).toMatchObject({ code: 0 });
  });

  it('takes up what an operator writes into the list by hand', { timeout: 120_000 }, async () => {
    const file = join(stateDir, 'drivers/drivers.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('model: Acme One', 'model: By Hand # mine'));
    expect(await driver('reload')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('sim1: running'),
    });
    await until('the model', async () => (await devicesOf('plain')).some(({ model }) => model === 'By Hand'));
  });

  it('stops when it is disabled; what it found stays', { timeout: 120_000 }, async () => {
    expect(await driver('disable', 'plain')).toMatchObject({ code: 0 });
    expect(driverProcesses()).toEqual({ gpu: expect.any(Number) });
    const shown = await until('it is shown', async () => {
      const one = await driverOf('plain');
      return one?.state === 'disabled' && one.stale && one;
    });
    expect(shown).toMatchObject({ failure: { hint: 'cyborgd driver enable plain' } });
    expect((await devicesOf('plain')).some(({ state }) => state === 'discovered')).toBe(true);
    expect(await driver('enable', 'plain')).toMatchObject({ code: 0 });
    await until('it is well again', async () => (await driverOf('plain'))?.stale === false);
  });
});

describe('a driver that was changed after it was admitted', () => {
  it('is refused at its next start with the file and the mend; the others run on', {
    timeout: 120_000,
  }, async () => {
    const { gpu } = driverProcesses();
    const file = installed('plain', 'index.js');
    appendFileSync(file, '// changed\n');
    const verified = await driver('verify');
    expect(verified).toMatchObject({ code: 78, stdout: expect.stringContaining(`${file} was changed`) });
    process.kill(driverProcesses().plain ?? 0, 'SIGKILL');
    const refused = await until('it is refused', async () => {
      const one = await driverOf('plain');
      return one?.state === 'refused' && one;
    });
    expect(refused.failure).toMatchObject({
      code: 'denied',
      message: expect.stringContaining(`${file} was changed`),
      hint: expect.stringContaining('cyborgd driver add'),
    });
    expect((await driver('list')).stdout).toContain('sim1: refused: driver plain');
    expect((await devicesOf('plain')).some(({ state }) => state === 'discovered')).toBe(true);
    expect(driverProcesses()).toEqual({ gpu });
  });

  it('does not keep the service from starting', { timeout: 120_000 }, async () => {
    rmSync(installed('plain', 'package.json'));
    await service.stop();
    service = await start();
    await until('it is refused', async () => (await driverOf('plain'))?.state === 'refused');
    expect(await driverOf('gpu')).toMatchObject({ state: 'running', stale: false });
    expect((await devicesOf('plain')).some(({ state }) => state === 'discovered')).toBe(true);
  });

  it('runs again once it is installed anew', { timeout: 120_000 }, async () => {
    expect(await driver('add', join(directory, 'cyborg-driver-plain'), '--yes')).toMatchObject({ code: 0 });
    await until('it is well', async () => (await driverOf('plain'))?.stale === false);
  });

  it('or only lets others write is refused until that is mended', { timeout: 120_000 }, async () => {
    const file = installed('plain', 'index.js');
    chmodSync(file, 0o664);
    process.kill(driverProcesses().plain ?? 0, 'SIGKILL');
    const refused = await until('it is refused', async () => {
      const one = await driverOf('plain');
      return one?.state === 'refused' && one;
    });
    expect(refused.failure?.message).toContain(
      `${file} can be written by its group (mode 0664): chmod go-w ${file}`,
    );
    chmodSync(file, 0o644);
    expect(await driver('retry', 'plain')).toMatchObject({ code: 0, stdout: 'plain on sim1: running\n' });
    await until('it is well', async () => (await driverOf('plain'))?.stale === false);
  });
});

describe('cyborgd driver', () => {
  it('killed at any moment leaves the drivers as they were or whole', { timeout: 120_000 }, async () => {
    const source = aPlainDriver(directory, { id: 'other' });
    const drivers = join(stateDir, 'drivers');
    const words = ['driver', 'add', source, '--yes', '--config', join(stateDir, 'cyborg.yaml')];
    const begun = Date.now();
    expect(await cyborgd(words)).toMatchObject({ code: 0 });
    const wholeMs = Date.now() - begun;
    expect(await driver('remove', 'other')).toMatchObject({ code: 0 });
    for (const part of [0.2, 0.4, 0.6, 0.75, 0.85, 0.95]) {
      await cyborgd(words, { killAfterMs: wholeMs * part });
      const listed = Object.keys(list().drivers);
      expect(listed.filter((id) => id !== 'other')).toEqual(['plain']);
      for (const one of readDriverList(drivers)) expect(await complaintsAbout(drivers, one)).toEqual([]);
    }
    expect(await cyborgd(words)).toMatchObject({ code: 0 });
    await until('it runs', async () => (await driverOf('other'))?.state === 'running');
    expect(await driver('remove', 'other')).toMatchObject({ code: 0 });
  });

  it('removes a driver: its devices are gone, and nothing of it is left', { timeout: 120_000 }, async () => {
    const { gpu } = driverProcesses();
    expect(await driver('remove', 'plain')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is removed'),
    });
    await until('it is shown no more', async () => (await driverOf('plain')) === undefined);
    expect((await devicesOf('plain')).every(({ state }) => state === 'gone')).toBe(true);
    expect(driverProcesses()).toEqual({ gpu });
    expect(list()).toEqual({ drivers: {} });
  });

  it.each([
    [['remove', 'plain'], 'no driver "plain" was added; there are: none'],
    [['disable', 'gpu'], 'driver gpu (@cyborgjs/driver-gpu) comes from agent.drivers: change it there'],
    [['add', './nowhere.tgz', '--yes'], 'there is neither a tarball nor a folder'],
    [['add', 'git+ssh://evil/x', '--yes'], 'is no package: give a name'],
  ])('%j is refused with what helps', async (words, reason) => {
    const { code, stdout, stderr } = await driver(...words);
    expect(stderr).toContain(reason);
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
  });
});
