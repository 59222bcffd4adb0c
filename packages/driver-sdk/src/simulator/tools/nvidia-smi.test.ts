import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildMachine } from '../build-machine.ts';
import { h200VgpuTypes } from '../cards/mdev-types.ts';
import { nvidiaGpu } from '../cards/nvidia-gpu.ts';
import type { Simulation } from '../open-simulation.ts';

const hopper = '0000:83:00.0';
const ampere = '0000:84:00.0';

let simulation: Simulation;

beforeEach(() => {
  simulation = buildMachine({
    root: mkdtempSync(join(tmpdir(), 'nvidia-smi-')),
    cards: [
      nvidiaGpu({ address: hopper, vgpu: { by: 'vendor-vfio', types: h200VgpuTypes } }),
      nvidiaGpu({ address: ampere, model: 'A30' }),
    ],
  });
});
afterEach(() => rmSync(simulation.root, { recursive: true, force: true }));

const smi = (...args: readonly string[]) => simulation.machine.run('/usr/bin/nvidia-smi', args);

describe('the simulated nvidia-smi', () => {
  it('tells the MIG profiles also while MIG is off, and then lists no instances', async () => {
    expect((await smi('mig', '-i', ampere, '-lgip')).out).toMatch(/MIG 4g\.24gb {7,}0 {5,}1\/1/);
    expect((await smi('mig', '-i', ampere, '-lgipp')).out).toContain(
      'GPU  1 Profile ID  5 Placements: {0,2}:2\n',
    );
    for (const list of ['-lgi', '-lci'])
      expect(await smi('mig', list)).toEqual({ code: 0, out: 'No MIG-enabled devices found.\n', err: '' });
    expect((await smi('mig', '-i', ampere, '-cgi', '0')).code).toBe(6);
  });

  it('makes instances where there is room, and says what is left', async () => {
    await smi('-i', ampere, '-mig', '1');
    expect((await smi('mig', '-i', ampere, '-cgi', '5:2,14', '-C')).out).toBe(
      [
        'Successfully created GPU instance ID  2 on GPU  1 using profile MIG 2g.12gb (ID  5)',
        'Successfully created compute instance ID  0 on GPU  1 GPU instance ID  2 using profile MIG 2g.12gb (ID  0)',
        'Successfully created GPU instance ID  3 on GPU  1 using profile MIG 1g.6gb (ID 14)',
        'Successfully created compute instance ID  0 on GPU  1 GPU instance ID  3 using profile MIG 1g.6gb (ID  0)',
        '',
      ].join('\n'),
    );
    expect((await smi('mig', '-lgip')).out).toMatch(/MIG 2g\.12gb\s+5\s+0\/2/);
    expect((await smi('mig', '-lgi')).out).toMatch(/MIG 1g\.6gb\s+14\s+3\s+0:1/);
    expect(await smi('mig', '-i', ampere, '-cgi', '0')).toMatchObject({
      code: 19,
      out: expect.stringContaining('Insufficient Resources'),
    });
    expect((await smi('-L')).out).toMatch(/MIG 2g\.12gb {5}Device {2}0: \(UUID: MIG-/);
    expect(await smi('mig', '-i', ampere, '-dgi', '-gi', '3')).toMatchObject({
      code: 19,
      out: expect.stringContaining('In use by another client'),
    });
  });

  it('owes the change of the MIG mode while somebody uses the GPU, and makes it with a reset', async () => {
    simulation.hold(ampere, '/usr/bin/dcgm');
    expect((await smi('-i', ampere, '-mig', '1')).out).toContain('pending enable state');
    const modes = ['-i', ampere, '--query-gpu=mig.mode.current,mig.mode.pending', '--format=csv,noheader'];
    expect((await smi(...modes)).out).toBe('Disabled, Enabled\n');
    expect(await smi('-i', ampere, '-r')).toMatchObject({ code: 19 });
    simulation.letGo(ampere);
    await smi('-i', ampere, '-r');
    expect((await smi(...modes)).out).toBe('Enabled, Enabled\n');
  });

  it('loses in a reboot the instances of all boards, and the mode of those that keep none', async () => {
    await smi('-mig', '1');
    await smi('mig', '-i', ampere, '-cgi', '0', '-C');
    simulation.reboot();
    const modes = ['--query-gpu=mig.mode.current', '--format=csv,noheader'];
    expect((await smi(...modes)).out).toBe('Disabled\nEnabled\n');
    expect(await smi('mig', '-lgi')).toMatchObject({ code: 6 });
    expect(await simulation.machine.list('/dev/nvidia-caps')).toBeUndefined();
  });
});

describe("NVIDIA's own VFIO", () => {
  const virtfn = (number: number) => `/sys/bus/pci/devices/0000:83:0${number >> 3}.${number & 7}/nvidia`;
  const creatable = (number: number) => simulation.machine.read(`${virtfn(number)}/creatable_vgpu_types`);

  it('makes vGPUs of one type until the memory is given out', async () => {
    await simulation.machine.run('/usr/lib/nvidia/sriov-manage', ['-e', hopper]);
    expect(await creatable(4)).toContain('1427  : NVIDIA H200X-70C\n');
    await simulation.machine.write(`${virtfn(4)}/current_vgpu_type`, '1427');
    expect(await creatable(4)).toBe('ID    : vGPU Name\n');
    expect(await creatable(5)).toBe('ID    : vGPU Name\n1427  : NVIDIA H200X-70C\n');
    await simulation.machine.write(`${virtfn(5)}/current_vgpu_type`, '1427');
    expect(await creatable(6)).toBe('ID    : vGPU Name\n');
    await expect(simulation.machine.write(`${virtfn(6)}/current_vgpu_type`, '1427')).rejects.toMatchObject({
      code: 'invalid',
    });
    simulation.hold('0000:83:00.4');
    await expect(simulation.machine.write(`${virtfn(4)}/current_vgpu_type`, '0')).rejects.toMatchObject({
      code: 'denied',
    });
    simulation.letGo('0000:83:00.4');
    await simulation.machine.write(`${virtfn(4)}/current_vgpu_type`, '0');
    expect(await creatable(6)).toContain('1427');
  });
});
