import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DiscoveredDevice } from '@cyborgjs/core';
import {
  alveo,
  buildMachine,
  type CardPlan,
  intelFpgaDfl,
  type Simulation,
  xclbinImage,
} from '@cyborgjs/driver-sdk/simulator';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type RunningAgent, startAgent } from './agent-bench.ts';

const driver = fileURLToPath(new URL('../../driver-fpga', import.meta.url));
const card = '0000:b1:00.0';
const region = 'f64e598bea11517fa28e7bc65d885104';
const afu = 'd8424dc4a4a3c413f89e433683f9040b';
const idTraits = [
  `CUSTOM_FPGA_REGION_INTEL_${region.toUpperCase()}`,
  `CUSTOM_FPGA_FUNCTION_ID_INTEL_${afu.toUpperCase()}`,
];

/** A host with one card; its agent and its driver are processes as on any host. */
function aHostWith(plan: CardPlan) {
  const directory = mkdtempSync(join(tmpdir(), 'cyborg-fpga-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const root = join(directory, 'machine');
  mkdirSync(root);
  const simulation = buildMachine({ root, cards: [plan] });
  const start = (): Promise<RunningAgent> =>
    startAgent({ root, stateDir: join(directory, 'state') }, {}, driver);
  return { simulation, root, start };
}

async function discovered(agent: RunningAgent): Promise<DiscoveredDevice> {
  await agent.ask('discover', {}, { driver: null, device: null });
  const report = agent.facts.findLast((fact) => fact.kind === 'report');
  const outcome = report?.report.outcome;
  const device = outcome?.kind === 'inventory' ? outcome.devices[0] : undefined;
  if (device === undefined) throw new Error(`no device in ${JSON.stringify(outcome)}`);
  return device;
}

const traitsOf = (device: DiscoveredDevice): readonly string[] =>
  device.deployables.flatMap(({ traits }) => traits);
const driverOf = (simulation: Simulation): string | undefined =>
  /DRIVER=(\S+)/.exec(readFileSync(`${simulation.root}/sys/bus/pci/devices/${card}/uevent`, 'utf8'))?.[1];

describe('an FPGA with a guest', () => {
  it('keeps its region and its function, over a restart of the agent, until it shows others', async () => {
    const { simulation, start } = aHostWith(intelFpgaDfl({ address: card, interfaceId: region, afuId: afu }));
    let agent = await start();
    const before = await discovered(agent);
    expect(traitsOf(before)).toEqual(expect.arrayContaining(idTraits));
    const device = { identity: before.identity ?? '', address: card };
    const terms = {
      handle: { id: card, type: 'PCI' },
      consumer: { type: 'host', id: 'a-guest', via: 'direct' },
    };
    expect(await agent.ask('attach', terms, { driver: 'fpga', device })).toMatchObject({ kind: 'succeeded' });
    expect(driverOf(simulation)).toBe('vfio-pci');
    const { driver: hostDriver, ...attributes } = before.attributes;
    expect(hostDriver).toBe('dfl-pci');
    expect(await discovered(agent)).toMatchObject({
      firmware: before.firmware,
      attributes,
      deployables: before.deployables,
    });
    await agent.stop();
    agent = await start();
    expect(traitsOf(await discovered(agent))).toEqual(traitsOf(before));
    await agent.ask('detach', terms, { driver: 'fpga', device });
    const port = `/sys/bus/pci/devices/${card}/fpga_region/region0/dfl-port.0/afu_id`;
    simulation.setFile(port, `${'c'.repeat(32)}\n`);
    const traits = traitsOf(await discovered(agent));
    expect(traits).toContain(`CUSTOM_FPGA_FUNCTION_ID_INTEL_${'C'.repeat(32)}`);
    expect(traits).not.toContain(idTraits[1]);
  });

  it('has nothing of the card that was in its slot before', async () => {
    const { simulation, start } = aHostWith(intelFpgaDfl({ address: card, interfaceId: region, afuId: afu }));
    const agent = await start();
    expect(traitsOf(await discovered(agent))).toEqual(expect.arrayContaining(idTraits));
    simulation.replace(card, intelFpgaDfl({ address: card, boundTo: null }));
    expect(traitsOf(await discovered(agent))).toEqual([
      'OWNER_CYBORG',
      'CUSTOM_FPGA_INTEL',
      'CUSTOM_ACCEL_HOTPLUG',
    ]);
  });
});

describe('what the kernel has by class', () => {
  it('is within what the driver may read', async () => {
    const { simulation, start } = aHostWith(intelFpgaDfl({ address: card }));
    const agent = await start();
    expect((await discovered(agent)).health).toEqual({ state: 'ok' });
    simulation.setFile('/sys/class/firmware/secure-update0/status', 'programming\n');
    expect((await discovered(agent)).health).toEqual({
      state: 'degraded',
      reason: 'its flash is being written: programming',
    });
  });
});

describe('the flash of a shell by command', () => {
  it('is done as it was planned, and told until the card runs it', async () => {
    const shell = 'xilinx_u250_gen3x16_xdma_shell_5_0';
    const { simulation, root, start } = aHostWith(alveo({ address: card }));
    const image = xclbinImage({ platform: shell, sections: [12] });
    mkdirSync(join(root, 'images'));
    writeFileSync(join(root, 'images/shell.xsabin'), image);
    let agent = await start();
    const device = { identity: (await discovered(agent)).identity ?? '', address: card };
    const order = {
      image: '/images/shell.xsabin',
      sha256: createHash('sha256').update(image).digest('hex'),
      options: { target: 'shell' },
    };
    const fpga = { driver: 'fpga', device };
    const args = ['program', '-d', card, '--base', '--image', order.image, '--force'];
    expect(await agent.ask('program', { ...order, dryRun: true }, fpga)).toEqual({
      kind: 'succeeded',
      result: { plan: [{ verb: 'run', tool: '/opt/xilinx/xrt/bin/xbmgmt', args }] },
    });
    expect((await discovered(agent)).health).toEqual({ state: 'ok' });
    const asUser = await agent.ask('program', { ...order, options: {} }, fpga);
    expect(asUser).toMatchObject({ kind: 'failed', retry: 'never', error: { code: 'driver.invalid' } });
    expect(await agent.ask('program', order, fpga)).toMatchObject({
      kind: 'succeeded',
      result: { version: shell },
    });
    expect(await discovered(agent)).toMatchObject({
      health: { state: 'degraded' },
      firmware: { flashed: shell },
    });
    await agent.stop();
    agent = await start();
    expect(await discovered(agent)).toMatchObject({
      health: { state: 'degraded', reason: expect.stringContaining('start the machine cold') },
    });
    simulation.reboot();
    expect(await discovered(agent)).toMatchObject({ health: { state: 'ok' }, firmware: { shell } });
  });
});
