import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiscoveredDevice } from '@cyborgjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createContext } from './conformance/create-context.ts';
import { definePciDriver } from './define-pci-driver.ts';
import type { AttachRequest, Consumer } from './driver.ts';
import type { DriverContext } from './driver-context.ts';
import { observeMachine, type SeamCall } from './machine/observe-machine.ts';
import type { Machine } from './machine.ts';
import {
  bmcVga,
  buildMachine,
  type CardPlan,
  plainCard,
  type Simulation,
  sriovNic,
} from './simulator/index.ts';

const npu = '0000:41:00.0';
const nic = '0000:17:00.0';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pci-driver-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const driver = definePciDriver({
  match: [
    { vendor: '1d55', device: 'a0?0' },
    { vendor: '8086', device: '1592' },
  ],
  kind: 'AICHIP',
  resourceClass: 'CUSTOM_ACME_NPU',
  traits: ['CUSTOM_ACME'],
  model: 'Acme A10',
});

const build = (...cards: readonly CardPlan[]): Simulation => buildMachine({ root, cards });
const acme = (): CardPlan =>
  plainCard({
    address: npu,
    vendor: '1d55',
    device: 'a010',
    class: '120000',
    driver: 'acme',
    serial: '00deadbeef000001',
  });

const contextOf = (sys: Machine): DriverContext<Record<string, never>> => createContext({ config: {}, sys });

const request = (id: string, via: Consumer['via']): AttachRequest => ({
  device: { identity: 'x', address: npu },
  handle: { id, type: 'PCI' },
  consumer: { type: 'instance', id: 'one', via },
  options: {},
});

describe('discovery', () => {
  it('finds the cards of the table only, each with its serial number for an identity', async () => {
    const { machine } = build(acme(), bmcVga({ address: '0000:03:00.0' }));
    const devices = await driver.discover(contextOf(machine));
    expect(devices).toEqual([
      {
        identity: 'dsn-00deadbeef000001-f0',
        kind: 'AICHIP',
        vendor: '1d55',
        model: 'Acme A10',
        address: npu,
        numaNode: 0,
        health: { state: 'ok' },
        firmware: {},
        attributes: { product_id: 'a010', subsystem: '1d55:0000', driver: 'acme', link: '32 GT/s x16' },
        deployables: [
          {
            name: npu,
            resourceClass: 'CUSTOM_ACME_NPU',
            traits: ['CUSTOM_ACME'],
            handles: [
              { id: npu, type: 'PCI', info: { domain: '0000', bus: '41', device: '00', function: '0' } },
            ],
          },
        ],
      },
    ]);
    expect(DiscoveredDevice.safeParse(devices[0]).success).toBe(true);
  });

  it('gives out virtual functions in place of the card that has them', async () => {
    const { machine } = build(sriovNic({ address: nic, numVfs: 3 }));
    const [device, ...others] = await driver.discover(contextOf(machine));
    expect(others).toEqual([]);
    expect(device?.deployables[0]?.handles.map(({ id }) => id)).toEqual([
      '0000:17:01.0',
      '0000:17:01.1',
      '0000:17:01.2',
    ]);
  });

  it('calls a card that fell off the bus failed, and does not invent an identity for it', async () => {
    const simulation = build(acme());
    simulation.fallOff(npu);
    const [device] = await driver.discover(contextOf(simulation.machine));
    expect(device).toMatchObject({ identity: null, health: { state: 'failed' } });
  });

  it('calls a card whose configuration space is silent unknown', async () => {
    const simulation = build(acme());
    simulation.failRead(`/sys/bus/pci/devices/${npu}/config`, 'EIO');
    const [device] = await driver.discover(contextOf(simulation.machine));
    expect(device).toMatchObject({ identity: null, health: { state: 'unknown' } });
  });
});

describe('attaching', () => {
  it('binds for direct consumers, and detaching leaves the machine as it was', async () => {
    const simulation = build(acme());
    const context = contextOf(simulation.machine);
    const before = simulation.snapshot();
    const attached = await driver.attach(context, request(npu, 'direct'));
    expect(attached).toMatchObject({
      type: 'PCI',
      info: { domain: '0000', bus: '41', device: '00', function: '0', managed: 'no' },
    });
    expect(await driver.status(context, request(npu, 'direct'))).toBe('attached');
    await driver.detach(context, request(npu, 'direct'));
    expect(await driver.status(context, request(npu, 'direct'))).toBe('detached');
    expect(simulation.snapshot()).toEqual(before);
  });

  it('leaves the host driver in place for Nova', async () => {
    const simulation = build(acme());
    await driver.attach(contextOf(simulation.machine), request(npu, 'nova'));
    expect(await simulation.machine.link(`/sys/bus/pci/devices/${npu}/driver`)).toBe('acme');
  });

  it.each([
    ['0000:99:00.0', 'not_found'],
    ['nonsense', 'not_found'],
    ['../../../etc', 'not_found'],
  ])('refuses the unknown handle %s without a write', async (id, code) => {
    const writes: SeamCall[] = [];
    const sys = observeMachine(build(acme()).machine, {
      before: (call) => void (call.verb === 'write' && writes.push(call)),
    });
    await expect(driver.attach(contextOf(sys), request(id, 'direct'))).rejects.toMatchObject({ code });
    await driver.detach(contextOf(sys), request(id, 'direct'));
    expect(await driver.status(contextOf(sys), request(id, 'direct'))).toBe('detached');
    expect(writes).toEqual([]);
  });

  it('refuses a handle of another type', async () => {
    const mdev = { ...request(npu, 'direct'), handle: { id: npu, type: 'MDEV' as const } };
    await expect(driver.attach(contextOf(build(acme()).machine), mdev)).rejects.toMatchObject({
      code: 'unsupported',
    });
  });
});

it('refuses a table that Placement would not take', () => {
  expect(() => definePciDriver({ match: {}, kind: 'PCI', resourceClass: 'no spaces' })).toThrow();
});
