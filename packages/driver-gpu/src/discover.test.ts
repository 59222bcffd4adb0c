import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DiscoveredDevice } from '@cyborgjs/core';
import type { DriverContext } from '@cyborgjs/driver-sdk';
import { createContext } from '@cyborgjs/driver-sdk/conformance';
import {
  amdGpu,
  bmcVga,
  buildMachine,
  type CardPlan,
  intelGpu,
  nvidiaGpu,
  type Simulation,
} from '@cyborgjs/driver-sdk/simulator';
import { afterEach, describe, expect, it } from 'vitest';
import { GpuConfig } from './config.ts';
import { gpuDriver } from './index.ts';

const here = '0000:83:00.0';
const there = '0000:84:00.0';
const uuid = 'GPU-00000000-1111-4222-8333-444444444401';
const information = `/proc/driver/nvidia/gpus/${here}/information`;

let simulation: Simulation;
afterEach(() => rmSync(simulation.root, { recursive: true, force: true }));

function contextOn(cards: readonly CardPlan[], config: unknown = {}): DriverContext<GpuConfig> {
  simulation = buildMachine({ root: mkdtempSync(join(tmpdir(), 'gpu-driver-')), cards });
  return createContext({ config: GpuConfig.parse(config), sys: simulation.machine });
}

const pair = [nvidiaGpu({ address: here, uuid }), nvidiaGpu({ address: there })];

async function discoverHere(context: DriverContext<GpuConfig>): Promise<DiscoveredDevice | undefined> {
  return (await gpuDriver.discover(context)).find(({ address }) => address === here);
}

const consumer = { type: 'host', id: 'a-host', via: 'direct' } as const;
const requestFor = (id: string, identity = uuid) =>
  ({ device: { identity, address: id }, handle: { id, type: 'PCI' }, consumer, options: {} }) as const;

describe('an NVIDIA GPU', () => {
  it('is told with what nvidia-smi and the kernel module know of it', async () => {
    expect(await discoverHere(contextOn(pair))).toMatchObject({
      identity: uuid,
      kind: 'GPU',
      vendor: '10de',
      model: 'NVIDIA H200 SXM',
      health: { state: 'ok' },
      firmware: { vbios: '96.00.A5.00.03', driver: '590.48.01' },
      attributes: { product_name: 'NVIDIA H200', memory: '143771 MiB', product_id: '2335' },
      deployables: [{ name: here, resourceClass: 'PGPU', handles: [{ id: here, type: 'PCI' }] }],
    });
  });

  it('keeps its identity, its offer and its traits without nvidia-smi', async () => {
    const withTool = await discoverHere(contextOn(pair));
    const without = await discoverHere(contextOn(pair, { nvidiaSmi: { use: false } }));
    expect(without?.identity).toBe(uuid);
    expect(without?.deployables).toEqual(withTool?.deployables);
    expect(without?.health).toEqual({ state: 'ok' });
  });

  it('has no identity while its UUID is not known to the module either', async () => {
    const context = contextOn(pair, { nvidiaSmi: { use: false } });
    simulation.setFile(information, 'GPU UUID: \t GPU-????????-????-????-????-????????????\n');
    expect((await discoverHere(context))?.identity).toBeNull();
  });

  it('is unknown, not gone, when nvidia-smi hangs', async () => {
    const context = contextOn(pair, { nvidiaSmi: { timeoutMs: 100 } });
    simulation.setTool('/usr/bin/nvidia-smi', [{ takesMs: null }]);
    const device = await discoverHere(context);
    expect(device?.health.state).toBe('unknown');
    expect(device?.identity).toBe(uuid);
    expect(device?.deployables).toHaveLength(1);
  });

  it('has failed when it fell off the bus, and its neighbour has not', async () => {
    const context = contextOn(pair);
    simulation.fallOff(here);
    const states = (await gpuDriver.discover(context)).map(({ address, health }) => [address, health.state]);
    expect(states).toEqual([
      [here, 'failed'],
      [there, 'ok'],
    ]);
  });

  it('has failed while it needs a reset, and is well again after one', async () => {
    const context = contextOn(pair);
    simulation.sicken(here);
    expect((await discoverHere(context))?.health.state).toBe('failed');
    simulation.recover(here);
    expect((await discoverHere(context))?.health.state).toBe('ok');
  });

  it('is well while the module was told to leave it alone, though nvidia-smi does not list it', async () => {
    const context = contextOn(pair);
    const header = 'index, uuid, name, pci.bus_id';
    simulation.setTool('/usr/bin/nvidia-smi', [
      { out: `${header}\n0, GPU-x, NVIDIA H200, 00000000:84:00.0\n` },
    ]);
    simulation.setFile(information, `GPU UUID: ${uuid}\nGPU Excluded:\t Yes\n`);
    const device = await discoverHere(context);
    expect(device?.health).toEqual({ state: 'ok' });
    expect(device?.attributes).toMatchObject({ excluded: 'yes' });
  });

  it('is found without its driver, and nvidia-smi is not called for it', async () => {
    const context = contextOn([nvidiaGpu({ address: here, boundTo: 'vfio-pci' })]);
    simulation.setTool('/usr/bin/nvidia-smi', [{ takesMs: null }]);
    expect(await discoverHere(context)).toMatchObject({ identity: null, health: { state: 'ok' } });
  });

  it('is not given out while a process on the host has it open', async () => {
    const context = contextOn(pair);
    simulation.hold(here);
    const clean = simulation.snapshot();
    await expect(gpuDriver.attach(context, requestFor(here))).rejects.toMatchObject({
      code: 'busy',
      retry: 'later',
      message: `GPU ${here} is in use on the host`,
    });
    expect(simulation.snapshot()).toEqual(clean);
  });

  it('is not taken for another one that was at its address before', async () => {
    const context = contextOn(pair);
    const other = requestFor(here, 'GPU-00000000-1111-4222-8333-4444444444ff');
    await expect(gpuDriver.attach(context, other)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('GPUs of others', () => {
  it('are told by unique_id where AMD makes them', async () => {
    const [device] = await gpuDriver.discover(
      contextOn([amdGpu({ address: here, uniqueId: '8f1d2c3b4a596877' })]),
    );
    expect(device).toMatchObject({
      identity: 'amd-8f1d2c3b4a596877',
      model: 'AMD Instinct MI300X',
      attributes: { memory: '196592 MiB', compute_partition: 'SPX' },
    });
  });

  it('are degraded when AMD counts memory errors that it could not correct', async () => {
    const context = contextOn([amdGpu({ address: here })]);
    simulation.setFile(`/sys/bus/pci/devices/${here}/ras/umc_err_count`, 'ue: 3\nce: 90\n');
    expect((await discoverHere(context))?.health).toEqual({
      state: 'degraded',
      reason: 'uncorrectable memory errors: 3 in umc',
    });
  });

  it('are given out as virtual functions once Intel cut them', async () => {
    const [device] = await gpuDriver.discover(contextOn([intelGpu({ address: here, numVfs: 2 })]));
    expect(device?.deployables).toMatchObject([
      { resourceClass: 'VGPU', handles: [{ id: '0000:83:00.1' }, { id: '0000:83:00.2' }] },
    ]);
  });

  it('are left alone where the settings keep them for the host', async () => {
    const cards = [
      bmcVga({ address: '0000:03:00.0' }),
      intelGpu({ address: here }),
      amdGpu({ address: there }),
    ];
    const found = await gpuDriver.discover(
      contextOn(cards, { vendors: ['intel', 'amd'], except: ['0000:83:*'] }),
    );
    expect(found.map(({ address }) => address)).toEqual([there]);
    await expect(
      gpuDriver.attach(
        createContext({ config: GpuConfig.parse({ except: ['*:83:*'] }), sys: simulation.machine }),
        requestFor(here),
      ),
    ).rejects.toMatchObject({ code: 'not_found' });
  });
});
