import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scanPci } from '../pci/scan-pci.ts';
import { buildMachine } from './build-machine.ts';
import { intelFpgaDfl } from './cards/intel-fpga-dfl.ts';
import { nvidiaGpu } from './cards/nvidia-gpu.ts';
import { sriovNic } from './cards/sriov-nic.ts';
import { openSimulation, type Simulation } from './open-simulation.ts';

const gpu = '0000:83:00.0';

let root: string;
let simulation: Simulation;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'simulation-'));
  simulation = buildMachine({
    root,
    cards: [nvidiaGpu({ address: gpu }), nvidiaGpu({ address: '0000:84:00.0' })],
  });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const smi = async (...args: string[]) => simulation.machine.run('/usr/bin/nvidia-smi', args);
const query = (fields: string) => smi(`--query-gpu=${fields}`, '--format=csv,noheader,nounits');

it('is made of the same identities every time, and of others for another seed', () => {
  const uuids = (seed?: string): unknown[] => {
    const directory = mkdtempSync(join(root, 'again-'));
    const cards = [nvidiaGpu({ address: gpu }), nvidiaGpu({ address: '0000:84:00.0' })];
    return buildMachine({ root: directory, cards, ...(seed === undefined ? {} : { seed }) })
      .cards()
      .map(({ facts }) => facts.uuid);
  };
  expect(uuids()).toEqual(simulation.cards().map(({ facts }) => facts.uuid));
  expect(new Set([...uuids(), ...uuids('other')]).size).toBe(4);
});

it('is not built over something, and not opened where there is none', () => {
  expect(() => buildMachine({ root, cards: [] })).toThrow(/not empty/);
  expect(() => openSimulation(join(root, 'sys'))).toThrow(/no simulated machine/);
});

describe('cards that come and go', () => {
  it('are pulled out and plugged again, and nvidia-smi follows', async () => {
    const before = simulation.snapshot();
    simulation.unplug(gpu);
    expect((await scanPci(simulation.machine)).map(({ address }) => address)).toEqual(['0000:84:00.0']);
    expect((await smi('-L')).out.split('\n')).toHaveLength(2);
    await simulation.machine.write('/sys/bus/pci/rescan', '1');
    expect(await scanPci(simulation.machine)).toHaveLength(1);
    simulation.replug(gpu);
    expect(simulation.snapshot()).toEqual(before);
  });

  it('are pulled out of the hands of a guest, with all their virtual functions', async () => {
    simulation.plug(sriovNic({ address: '0000:17:00.0', numVfs: 4 }));
    simulation.hold('0000:17:01.2');
    simulation.unplug('0000:17:00.0');
    expect(await scanPci(simulation.machine, { match: { address: '0000:17:*' } })).toEqual([]);
  });

  it('are other cards when they are replaced, though at the same address', async () => {
    const [before] = simulation.cards();
    const after = simulation.replace(gpu, nvidiaGpu({ address: gpu }));
    expect(after.facts.uuid).not.toBe(before?.facts.uuid);
    expect((await query('pci.bus_id,uuid')).out).toContain(`00000000:83:00.0, ${after.facts.uuid}`);
  });

  it('remember what was programmed into them while their driver was away', async () => {
    simulation.plug(intelFpgaDfl({ address: '0000:b1:00.0' }));
    const port = '/sys/bus/pci/devices/0000:b1:00.0/fpga_region/region0/dfl-port.0/afu_id';
    simulation.setFile(port, `${'ab'.repeat(16)}\n`);
    await simulation.machine.write('/sys/bus/pci/drivers/dfl-pci/unbind', '0000:b1:00.0');
    expect(await simulation.machine.read(port)).toBeUndefined();
    await simulation.machine.write('/sys/bus/pci/drivers_probe', '0000:b1:00.0');
    expect(await simulation.machine.read(port)).toBe(`${'ab'.repeat(16)}\n`);
  });
});

describe('health', () => {
  it('of a card that fell off shows in its configuration space, its link and nvidia-smi, and comes back', async () => {
    const before = simulation.snapshot();
    simulation.fallOff(gpu);
    const directory = `/sys/bus/pci/devices/${gpu}`;
    expect(await simulation.machine.read(`${directory}/vendor`)).toBe('0x10de\n');
    expect(new Set(await simulation.machine.readBytes(`${directory}/config`))).toEqual(new Set([0xff]));
    await expect(simulation.machine.read(`${directory}/current_link_speed`)).rejects.toMatchObject({
      message: expect.stringContaining('EINVAL'),
    });
    expect(await query('uuid')).toEqual({
      code: 15,
      out: 'Unable to determine the device handle for GPU0000:83:00.0: Unknown Error\n',
      err: '',
    });
    expect((await smi('-i', '1', '-L')).code).toBe(0);
    simulation.recover(gpu);
    expect(simulation.snapshot()).toEqual(before);
    expect(await simulation.machine.read(`${directory}/current_link_speed`)).toBe('2.5 GT/s PCIe\n');
  });

  it('of a sick GPU shows in the readings', async () => {
    simulation.sicken(gpu);
    const { out } = await query('index,utilization.gpu,power.draw,gpu_recovery_action');
    expect(out).toBe('0, [GPU requires reset], [Unknown Error], Reset\n1, 0, 77.71, None\n');
  });
});

describe('nvidia-smi', () => {
  it('writes CSV with units, header and the forms of the real one', async () => {
    const { out } = await smi(
      '--query-gpu=index,name,pci.device_id,memory.total,power.limit',
      '--format=csv',
    );
    expect(out).toBe(
      'index, name, pci.device_id, memory.total [MiB], power.limit [W]\n' +
        '0, NVIDIA H200, 0x233510DE, 143771 MiB, 700.00 W\n' +
        '1, NVIDIA H200, 0x233510DE, 143771 MiB, 700.00 W\n',
    );
  });

  it.each([
    [
      ['--query-gpu=compute_capp', '--format=csv'],
      2,
      'Field "compute_capp" is not a valid field to query.\n\n',
    ],
    [['--query-gpu=uuid'], 2, '"--format=" switch is missing. Format is required.\n'],
    [['--unheard-of'], 2, expect.stringContaining('Invalid combination')],
    [['-i', '7', '-L'], 6, 'No devices were found\n'],
    [['--version'], 0, expect.stringContaining('DRIVER version      : 590.48.01')],
  ])('with %j exits with %d', async (args, code, out) => {
    expect(await smi(...args)).toEqual({ code, out, err: '' });
  });

  it('finds no device when none is left on its driver', async () => {
    for (const address of [gpu, '0000:84:00.0']) {
      await simulation.machine.write('/sys/bus/pci/drivers/nvidia/unbind', address);
    }
    expect(await smi('-L')).toEqual({ code: 6, out: 'No devices were found\n', err: '' });
  });
});
