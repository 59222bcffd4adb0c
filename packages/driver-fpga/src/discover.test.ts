import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DriverContext } from '@cyborgjs/driver-sdk';
import { createContext } from '@cyborgjs/driver-sdk/conformance';
import {
  alveo,
  buildMachine,
  type CardPlan,
  intelFpgaDfl,
  intelFpgaOld,
  type Simulation,
} from '@cyborgjs/driver-sdk/simulator';
import { afterEach, describe, expect, it } from 'vitest';
import { FpgaConfig } from './config.ts';
import { fpgaDriver } from './index.ts';

const card = '0000:b3:00.0';
const user = '0000:b3:00.1';
const directory = `/sys/bus/pci/devices/${card}`;

let simulation: Simulation;
afterEach(() => rmSync(simulation.root, { recursive: true, force: true }));

function contextOn(cards: readonly CardPlan[], config: unknown = {}): DriverContext<FpgaConfig> {
  simulation = buildMachine({ root: mkdtempSync(join(tmpdir(), 'fpga-driver-')), cards });
  return createContext({ config: FpgaConfig.parse(config), sys: simulation.machine });
}

const discover = (cards: readonly CardPlan[]) => fpgaDriver.discover(contextOn(cards));

const consumer = { type: 'host', id: 'a-host', via: 'direct' } as const;
const requestFor = (id: string, identity = `at:${card}`) =>
  ({ device: { identity, address: card }, handle: { id, type: 'PCI' }, consumer, options: {} }) as const;

describe('an Intel FPGA', () => {
  const region = 'f64e598bea11517fa28e7bc65d885104';
  const afu = 'd8424dc4a4a3c413f89e433683f9040b';

  it.each([
    ['DFL', intelFpgaDfl({ address: card, interfaceId: region, afuId: afu }), []],
    [
      'the older driver',
      intelFpgaOld({ address: card, interfaceId: region, afuId: afu }),
      ['CUSTOM_FPGA_INTEL_PAC_ARRIA10'],
    ],
  ] as const)('is told with its region and its function, on %s', async (_layout, plan, boardTraits) => {
    const [device] = await discover([plan]);
    expect(device).toMatchObject({
      kind: 'FPGA',
      vendor: '8086',
      health: { state: 'ok' },
      attributes: { region },
      firmware: { functions: afu },
      deployables: [{ name: card, resourceClass: 'FPGA', handles: [{ id: card }] }],
    });
    expect(device?.deployables[0]?.traits).toEqual([
      'OWNER_CYBORG',
      'CUSTOM_FPGA_INTEL',
      ...boardTraits,
      `CUSTOM_FPGA_REGION_INTEL_${region.toUpperCase()}`,
      `CUSTOM_FPGA_FUNCTION_ID_INTEL_${afu.toUpperCase()}`,
    ]);
  });

  it('is given out as its virtual functions once it has some', async () => {
    const [device] = await discover([intelFpgaDfl({ address: card, numVfs: 2 })]);
    expect(device?.deployables).toMatchObject([
      { name: card, handles: [{ id: '0000:b3:00.5' }, { id: '0000:b3:00.6' }] },
    ]);
  });

  it('is degraded by an error register and failed by a programming that ended in an error', async () => {
    const context = contextOn([intelFpgaDfl({ address: card })]);
    const region0 = `${directory}/fpga_region/region0`;
    simulation.setFile(`${region0}/dfl-port.0/errors/errors`, '0x4\n');
    expect((await fpgaDriver.discover(context))[0]?.health).toEqual({
      state: 'degraded',
      reason: 'port_errors is 0x4',
    });
    simulation.setFile(`${region0}/dfl-fme.0/dfl-fme-mgr.0/fpga_manager/fpga0/state`, 'write error\n');
    expect((await fpgaDriver.discover(context))[0]?.health.state).toBe('failed');
  });
});

describe('what the kernel has by class', () => {
  const region0 = `${directory}/fpga_region/region0`;
  const manager = `${region0}/dfl-fme.0/dfl-fme-mgr.0/fpga_manager/fpga0`;
  const healthAfter = async (path: string, text: string) => {
    const context = contextOn([intelFpgaDfl({ address: card }), intelFpgaDfl({ address: '0000:b4:00.0' })]);
    simulation.setFile(path, text);
    return (await fpgaDriver.discover(context)).map(({ health }) => health);
  };

  it('is told of the card that it belongs to: what a manager says', async () => {
    const status = 'reconfig CRC error\nreconfig fifo overflow error\n';
    expect(await healthAfter(`${manager}/status`, status)).toEqual([
      {
        state: 'failed',
        reason: 'its FPGA manager says: reconfig CRC error, reconfig fifo overflow error; program it again',
      },
      { state: 'ok' },
    ]);
  });

  it.each([
    ['programming', '', 'its flash is being written: programming'],
    ['idle', 'programming:hw-error', 'its last flash ended with programming:hw-error: flash it again'],
  ])('and a secure update that is %s with the error %j', async (status, error, reason) => {
    const context = contextOn([intelFpgaDfl({ address: card })]);
    simulation.setFile('/sys/class/firmware/secure-update0/status', `${status}\n`);
    simulation.setFile('/sys/class/firmware/secure-update0/error', `${error}\n`);
    expect((await fpgaDriver.discover(context))[0]?.health).toEqual({ state: 'degraded', reason });
  });

  it('also in a place of its own below the card', async () => {
    const context = contextOn([intelFpgaDfl({ address: card })]);
    const other = `${region0}/dfl-fme.0/dfl_dev.3/fpga_manager/fpga7`;
    simulation.setFile(`${other}/state`, 'write error\n');
    const real = (await simulation.machine.resolve(directory)) ?? '';
    mkdirSync(`${simulation.root}/sys/class/fpga_manager`, { recursive: true });
    symlinkSync(
      `${simulation.root}${real}/fpga_region/region0/dfl-fme.0/dfl_dev.3/fpga_manager/fpga7`,
      `${simulation.root}/sys/class/fpga_manager/fpga7`,
    );
    expect((await fpgaDriver.discover(context))[0]?.health.state).toBe('failed');
  });

  it("and says nothing of cards when it is no card's: the manager of a SoC", async () => {
    const context = contextOn([intelFpgaDfl({ address: card })]);
    simulation.setFile('/sys/devices/platform/f8007000.devcfg/fpga_manager/fpga9/state', 'write error\n');
    symlinkSync(
      `${simulation.root}/sys/devices/platform/f8007000.devcfg/fpga_manager/fpga9`,
      `${simulation.root}/sys/class/fpga_manager/fpga9`,
    );
    const devices = await fpgaDriver.discover(context);
    expect(devices.map(({ health }) => health.state)).toEqual(['ok']);
  });
});

describe('an Alveo card', () => {
  it('is one device of two functions, of which only the one for users is given out', async () => {
    const devices = await discover([alveo({ address: card, serial: '2176AABBCCDD' })]);
    expect(devices).toMatchObject([
      {
        identity: 'alveo-2176AABBCCDD',
        address: card,
        model: 'AMD Alveo U250',
        health: { state: 'ok' },
        firmware: { shell: 'xilinx_u250_gen3x16_xdma_shell_4_1' },
        deployables: [
          {
            name: user,
            resourceClass: 'FPGA',
            traits: ['OWNER_CYBORG', 'CUSTOM_FPGA_XILINX', 'CUSTOM_FPGA_PRODUCT_ID_5005'],
            handles: [{ id: user, info: { domain: '0000', bus: 'b3', device: '00', function: '1' } }],
          },
        ],
      },
    ]);
  });

  it('offers nothing and is degraded with its factory image', async () => {
    const [device] = await discover([alveo({ address: card, golden: true })]);
    expect(device).toMatchObject({ identity: null, health: { state: 'degraded' }, deployables: [] });
    expect(device?.health.reason).toContain('factory image');
  });

  it('has failed when its driver took it off line', async () => {
    const context = contextOn([alveo({ address: card })]);
    simulation.setFile(`/sys/bus/pci/devices/${user}/dev_offline`, '1\n');
    expect((await fpgaDriver.discover(context))[0]?.health.state).toBe('failed');
  });

  it('never gives its management function out, whoever asks', async () => {
    const context = contextOn([alveo({ address: card })]);
    const clean = simulation.snapshot();
    await expect(fpgaDriver.attach(context, requestFor(card))).rejects.toMatchObject({
      code: 'not_found',
      message: '"0000:b3:00.0" is not offered: with the management function a guest could flash the card',
    });
    expect(simulation.snapshot()).toEqual(clean);
  });

  it('is not taken for another one that was in its slot before', async () => {
    const context = contextOn([alveo({ address: card, serial: '2176AABBCCDD' })]);
    await expect(fpgaDriver.attach(context, requestFor(user, 'alveo-217600000000'))).rejects.toMatchObject({
      code: 'not_found',
      message: '0000:b3:00.1 is now on card alveo-2176AABBCCDD, not on alveo-217600000000',
    });
  });

  it('cannot be installed with its factory image, and says why', async () => {
    const context = contextOn([alveo({ address: card, golden: true })]);
    const request = { device: { identity: `at:${card}`, address: card }, options: {} };
    await expect(fpgaDriver.install?.(context, request)).rejects.toMatchObject({
      code: 'unsupported',
      hint: 'it has no user function',
    });
  });
});

describe('cards that the settings keep for the host', () => {
  it('are neither told nor given out', async () => {
    const context = contextOn([intelFpgaDfl({ address: card })], { except: ['0000:b3:*'] });
    expect(await fpgaDriver.discover(context)).toEqual([]);
    await expect(fpgaDriver.attach(context, requestFor(card))).rejects.toMatchObject({ code: 'not_found' });
  });
});
