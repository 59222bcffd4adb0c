import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Device, HostDriver, Operation, OperationVerb, Page } from '@cyborgjs/core';
import { buildMachine, nvidiaGpu, openSimulation, plainCard, sriovNic } from '@cyborgjs/driver-sdk/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultConductorSettings } from '../src/conductor/conductor-settings.ts';
import { startOperation } from '../src/conductor/start-operation.ts';
import { createStore } from '../src/store/create-store.ts';
import { cyborgd, driverProcesses, type Ended } from './cyborgd.ts';
import { type NpmRegistry, startNpmRegistry } from './npm-registry.ts';
import { type RunningService, startService } from './running-service.ts';
import { newId, silentLog } from './test-store.ts';
import { until } from './until.ts';

const sdk = fileURLToPath(new URL('../../driver-sdk/src/cli/main.ts', import.meta.url));
const card = (address: string) =>
  plainCard({ address, vendor: '1d55', device: 'a010', class: '120000', driver: 'acme_npu' });

let directory: string;
let root: string;
let stateDir: string;
let registry: NpmRegistry;
let service: RunningService;

/** A running service with two drivers, on a machine that has a card which neither knows. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cyborg-vendor-'));
  chmodSync(directory, 0o755);
  root = join(directory, 'machine');
  stateDir = join(directory, 'state');
  buildMachine({
    root,
    cards: [
      nvidiaGpu({ address: '0000:83:00.0' }),
      sriovNic({ address: '0000:10:00.0' }),
      card('0000:05:00.0'),
    ],
  });
  mkdirSync(stateDir);
  registry = await startNpmRegistry(join(directory, 'registry'));
  const pci = { package: '@cyborgjs/driver-pci', config: { devices: [{ address: '0000:10:*' }] } };
  service = await startService({
    stateDir,
    agent: {
      hosts: [{ name: 'sim1', machine: { kind: 'simulated', root } }],
      drivers: [{ package: '@cyborgjs/driver-gpu' }, pci],
    },
  });
}, 120_000);
afterAll(async () => {
  await service?.stop();
  await registry?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Runs a vendor's command in a directory, with this Node first on the path. */
const vendor = (cwd: string, file: string, ...args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
    const env = { PATH: path, HOME: process.env.HOME, ...registry.env };
    execFile(file, args, { cwd, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({
        code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1,
        stdout,
        stderr,
      }),
    );
  });
const driver = (...words: string[]): Promise<Ended> =>
  cyborgd(['driver', ...words, '--config', join(stateDir, 'cyborg.yaml')], { env: registry.env });

const devices = async () =>
  (await service.get<Page<Device>>('/v3/devices')).items.filter((device) => device.driver === 'acme-npu');
const drivers = async () => (await service.get<Page<HostDriver>>('/v3/drivers')).items;
const acmeCard = async (): Promise<Device> =>
  until('the card is shown', async () => (await devices()).find(({ address }) => address === '0000:05:00.0'));

/** Stores an operation as the conductor does, and waits for its end. */
async function operate(verb: OperationVerb, given: Readonly<Record<string, unknown>>): Promise<Operation> {
  const init = { now: Date.now, newId, log: silentLog, random: Math.random };
  const store = await createStore({ kind: 'sqlite', file: join(stateDir, 'cyborg.sqlite') }, init);
  const { id } = await acmeCard();
  const started = await store.transaction(async (transaction) => {
    const device = await transaction.devices.get(id);
    const order = {
      verb,
      host: 'sim1',
      driver: 'acme-npu',
      device,
      arguments: given,
      asker: { requestedBy: 'test' },
    };
    return startOperation(transaction, order, { now: Date.now, newId, settings: defaultConductorSettings });
  });
  await store.close();
  return until(`the end of ${verb}`, async () => {
    const operation = await service.get<Operation>(`/v3/operations/${started.id}`);
    return operation.endedAt !== null && operation;
  });
}

const consumer = { type: 'instance', id: 'vm-1', via: 'direct' };
const terms = { handle: { id: '0000:05:00.0', type: 'PCI' }, consumer };
const boundTo = async () => {
  const { machine } = openSimulation(root);
  return machine.link('/sys/bus/pci/devices/0000:05:00.0/driver');
};

it('is made, proven and packed by a vendor with what npm has', { timeout: 240_000 }, async () => {
  const created = await vendor(
    directory,
    process.execPath,
    '--conditions=cyborg-source',
    sdk,
    'create',
    'acme-npu',
  );
  expect(created).toMatchObject({ code: 0, stderr: '' });
  const own = join(directory, 'acme-npu');
  expect(await vendor(own, 'npm', 'install', '--ignore-scripts')).toMatchObject({ code: 0 });
  expect(await vendor(own, 'npm', 'run', 'replay')).toMatchObject({ code: 0 });
  const tool = join(own, 'node_modules/.bin/cyborg-driver');
  const tested = await vendor(own, tool, 'test', '--checks', '1,2,9,17,25', '--json', 'conformance.json');
  expect(tested.stdout).toContain('0 failed');
  expect(await vendor(own, 'npm', 'run', 'doc')).toMatchObject({ code: 0 });
  const packed = await vendor(own, tool, 'pack', '--destination', '..');
  expect(packed).toMatchObject({ code: 0, stdout: '../cyborg-driver-acme-npu-0.1.0.tgz\n' });
});

it('is added from its tarball while the service runs, and no other driver notices', {
  timeout: 120_000,
}, async () => {
  const before = driverProcesses();
  expect(Object.keys(before).sort()).toEqual(['gpu', 'pci']);
  const added = await driver('add', join(directory, 'cyborg-driver-acme-npu-0.1.0.tgz'), '--yes');
  expect(added).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringMatching(/acme-npu on sim1: running\n$/),
  });
  expect(added.stdout).toContain('for         PCI 1d55:a010');
  expect(added.stdout).toContain('may write   /sys/devices/**/driver_override');
  expect(await acmeCard()).toMatchObject({ host: 'sim1', model: 'acme-npu', state: 'discovered' });
  expect(driverProcesses()).toEqual({ ...before, 'acme-npu': expect.any(Number) });
});

it('has its device made ready, attached and detached', { timeout: 120_000 }, async () => {
  const { id } = await acmeCard();
  await service.post(`/v3/devices/${id}/ready`);
  await until('it is ready', async () => (await acmeCard()).state === 'ready');
  expect(await boundTo()).toBe('acme_npu');
  const attached = await operate('attach', terms);
  expect(attached).toMatchObject({ state: 'succeeded' });
  expect(await boundTo()).toBe('vfio-pci');

  const refused = await driver('remove', 'acme-npu');
  expect(refused).toMatchObject({ code: 78, stdout: '' });
  expect(refused.stderr).toContain(
    'driver acme-npu on sim1 has attached 0000:05:00.0 (attached, instance vm-1)',
  );
  expect((await drivers()).find((one) => one.id === 'acme-npu')).toMatchObject({ state: 'running' });

  expect(await operate('detach', terms)).toMatchObject({ state: 'succeeded' });
  expect(await boundTo()).toBe('acme_npu');
});

it('notices a card that is plugged long before the next scan', { timeout: 60_000 }, async () => {
  openSimulation(root).plug(card('0000:06:00.0'));
  await until('the second card is shown', async () => (await devices()).length === 2);
});

it('is replaced by what the registry has, by name and version', { timeout: 120_000 }, async () => {
  await registry.publish(join(directory, 'cyborg-driver-acme-npu-0.1.0.tgz'));
  const added = await driver('add', 'cyborg-driver-acme-npu@0.1.0', '--yes');
  expect(added).toMatchObject({ code: 0, stderr: '' });
  expect(added.stdout).toContain('acme-npu, replaces cyborg-driver-acme-npu 0.1.0');
  expect(added.stdout).toContain('provenance  none: the registry does not say who built it');
  expect(readFileSync(join(stateDir, 'drivers/drivers.yaml'), 'utf8')).toContain(
    'source: cyborg-driver-acme-npu@0.1.0',
  );
  expect((await driver('add', 'cyborg-driver-nobody', '--yes')).stderr).toMatch(
    /^cyborgd: npm pack failed: .*404/s,
  );
});

it('is removed: its devices are gone, the other drivers have run on all the while', {
  timeout: 60_000,
}, async () => {
  expect(await driver('remove', 'acme-npu')).toMatchObject({ code: 0 });
  await until('it is shown no more', async () => (await drivers()).every(({ id }) => id !== 'acme-npu'));
  expect((await devices()).map(({ state }) => state)).toEqual(['gone', 'gone']);
  expect((await drivers()).map(({ id, state, restarts }) => [id, state, restarts])).toEqual([
    ['gpu', 'running', 0],
    ['pci', 'running', 0],
  ]);
});
