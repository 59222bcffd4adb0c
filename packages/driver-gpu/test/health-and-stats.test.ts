import { rmSync } from 'node:fs';
import { amdGpu, type CardPlan, intelGpu, nvidiaGpu, type Simulation } from '@cyborgjs/driver-sdk/simulator';
import { afterEach, describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { gpuDriver } from '../src/index.ts';
import { type GpuMachine, gpuMachine } from './gpu-machine.ts';

const here = '0000:83:00.0';
const there = '0000:84:00.0';
const smi = '/usr/bin/nvidia-smi';
const pair = [nvidiaGpu({ address: here }), nvidiaGpu({ address: there })];

let simulation: Simulation;
afterEach(() => rmSync(simulation.root, { recursive: true, force: true }));

function machineWith(cards: readonly CardPlan[], config: unknown = {}): GpuMachine {
  const machine = gpuMachine(here, cards, config);
  simulation = machine.simulation;
  return machine;
}

describe('health', () => {
  it('hears the kernel log of one GPU, and not of its neighbour', async () => {
    const machine = machineWith(pair);
    simulation.setReading(here, 'gpu_recovery_action', '[N/A]');
    simulation.logKernel('NVRM: Xid (PCI:0000:83:00): 31, pid=7, name=app, MMU Fault');
    expect((await machine.device()).health).toEqual({ state: 'ok' });
    simulation.logKernel('NVRM: Xid (PCI:0000:83:00): 79, GPU has fallen off the bus.');
    expect((await machine.device()).health).toEqual({
      state: 'failed',
      reason: 'Xid 79 in the kernel log: fallen off the bus',
    });
    expect((await machine.device(there)).health).toEqual({ state: 'ok' });
  });

  it('takes what was mended since for a warning, and what the operator looked into for nothing', async () => {
    const line = 'NVRM: Xid (PCI:0000:83:00): 48, double bit error';
    const machine = machineWith(pair);
    simulation.logKernel(line);
    expect((await machine.device()).health.state).toBe('degraded');
    rmSync(simulation.root, { recursive: true });
    const told = machineWith(pair, { kernelLog: { ignoreXids: [48] } });
    simulation.logKernel(line);
    expect((await told.device()).health).toEqual({ state: 'ok' });
  });

  it('does without a kernel log that it may not read', async () => {
    const machine = machineWith(pair);
    simulation.setTool('/usr/bin/dmesg', [
      { code: 1, err: 'dmesg: read kernel buffer failed: Operation not permitted\n' },
    ]);
    expect((await machine.device()).health).toEqual({ state: 'ok' });
  });

  it.each([
    ['remapped_rows.pending', 'Yes', 'a row remapping waits for a reset'],
    ['retired_pages.pending', 'Yes', 'a page retirement waits for a reset'],
    [
      'ecc.errors.uncorrected.volatile.total',
      '2',
      '2 uncorrectable memory errors since its driver was loaded',
    ],
    ['clocks_event_reasons.hw_thermal_slowdown', 'Active', 'its clocks are held down: hw thermal slowdown'],
    ['fabric.state', 'In Progress', 'its NVLink fabric is In Progress'],
  ])('is degraded when %s reads %s', async (field, text, reason) => {
    const machine = machineWith(pair);
    simulation.setReading(here, field, text);
    expect((await machine.device()).health).toEqual({ state: 'degraded', reason });
  });

  it.each([
    ['NVIDIA', nvidiaGpu({ address: here })],
    ['AMD', amdGpu({ address: here })],
    ['Intel', intelGpu({ address: here })],
  ])('of %s is degraded when its link lost lanes', async (_maker, card) => {
    const machine = machineWith([card]);
    simulation.setFile(`/sys/bus/pci/devices/${here}/current_link_width`, '4\n');
    expect((await machine.device()).health).toEqual({
      state: 'degraded',
      reason: 'its PCIe link has 4 of 16 lanes',
    });
  });

  it.each([
    [
      9,
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n",
      'the NVIDIA driver is not loaded',
    ],
    [18, 'Failed to initialize NVML: Driver/library version mismatch\n', 'the host waits for a reboot'],
    [
      12,
      "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.\n",
      'its library is not installed',
    ],
  ])('is unknown when nvidia-smi ends with %s, and says what that means', async (code, out, meaning) => {
    const machine = machineWith(pair);
    simulation.setTool(smi, [{ code, out }]);
    expect((await machine.device()).health).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining(meaning),
    });
  });

  it('comes from the CSV where the XML cannot be read', async () => {
    const machine = machineWith(pair);
    simulation.setTool(smi, [{ args: ['-q', '-x'], out: '<nvidia_smi_log><gpu>' }]);
    expect(await machine.device()).toMatchObject({
      health: { state: 'ok' },
      attributes: { memory: '143771 MiB' },
    });
  });

  it('of an MI300X has failed when a bad page could not be taken out of use', async () => {
    const machine = machineWith([amdGpu({ address: here })]);
    const pages = `/sys/bus/pci/devices/${here}/ras/gpu_vram_bad_pages`;
    simulation.setFile(pages, '0x00000001 : 0x00001000 : P\n');
    expect((await machine.device()).health.state).toBe('degraded');
    simulation.setFile(pages, '0x00000001 : 0x00001000 : R\n0x00000002 : 0x00001000 : F\n');
    expect((await machine.device()).health.state).toBe('failed');
  });
});

describe('stats', () => {
  const read = async (machine: GpuMachine, address = here) =>
    (await gpuDriver.stats?.(machine.context, [{ identity: 'a-gpu', address }]))?.['a-gpu'];

  it('of an NVIDIA GPU are those of nvidia-smi, in the units of the manifest', async () => {
    expect(await read(machineWith(pair))).toEqual({
      power: 77.71,
      power_limit: 700,
      clock: 345,
      temperature: 28,
      memory_temperature: 32,
      memory_total: 143771 * 2 ** 20,
      memory_used: 0,
      utilization: 0,
      memory_utilization: 0,
      memory_errors_corrected: 0,
      memory_errors_uncorrected: 0,
    });
  });

  it('of an AMD GPU are those of its sensors and of gpu_metrics', async () => {
    expect(await read(machineWith([amdGpu({ address: here })]))).toEqual({
      power: 134,
      temperature: 41,
      memory_temperature: 38,
      memory_total: 206141652992,
      memory_used: 297500672,
      utilization: 0,
      memory_utilization: 0,
      energy: 4_000_000,
      memory_errors_corrected: 0,
      memory_errors_uncorrected: 0,
    });
  });

  it.each([
    ['Arc Pro B60', { energy: 81_230, temperature: 44, memory_temperature: 46, clock: 600 }],
    ['Flex 170', { energy: 81_230, clock: 600 }],
  ] as const)('of an Intel %s are those of its sensors', async (model, expected) => {
    expect(await read(machineWith([intelGpu({ address: here, model })]))).toEqual(expected);
  });

  it('of a GPU that a guest has, or that is gone, are none', async () => {
    const machine = machineWith([nvidiaGpu({ address: here, boundTo: 'vfio-pci' })]);
    expect(await read(machine)).toEqual({});
    expect(await read(machine, '0000:ff:00.0')).toEqual({});
  });

  it('are all declared', () => {
    const names = packageJson.cyborgDriver.stats.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('energy');
  });
});
