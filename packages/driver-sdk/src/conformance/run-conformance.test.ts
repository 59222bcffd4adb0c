import { describe, expect, it } from 'vitest';
import { definePciDriver } from '../define-pci-driver.ts';
import type { Driver } from '../driver.ts';
import { observeMachine } from '../machine/observe-machine.ts';
import type { Machine } from '../machine.ts';
import { bmcVga, plainCard } from '../simulator/index.ts';
import { failedChecks } from './conformance-report.ts';
import { pciFixture } from './pci-fixture.ts';
import { runConformance } from './run-conformance.ts';

type TableDriver = Driver<Record<string, never>>;

const card = (address: string) =>
  plainCard({ address, vendor: '1d55', device: 'a010', class: '120000', driver: 'acme' });
const bmc = bmcVga({ address: '0000:03:00.0' });

const goodDriver = definePciDriver({
  match: { vendor: '1d55' },
  kind: 'AICHIP',
  resourceClass: 'CUSTOM_ACME',
  traits: ['OWNER_CYBORG'],
});

const packageJson = {
  name: 'acme-driver',
  version: '1.2.3',
  exports: { '.': './index.js' },
  cyborgDriver: {
    id: 'acme',
    api: '^1.0',
    entry: '.',
    verbs: ['discover', 'status', 'attach', 'detach', 'watch'],
    match: [{ pci: '1d55:*' }],
    permissions: {
      read: [
        '/sys/bus',
        '/sys/bus/pci/**',
        '/sys/devices/pci*/**',
        '/sys/kernel/iommu_groups/**',
        '/dev/vfio',
      ],
      write: [
        '/sys/devices/**/driver_override',
        '/sys/bus/pci/drivers/*/{bind,unbind}',
        '/sys/bus/pci/drivers_probe',
      ],
      tools: [],
    },
  },
};

const twoCards = () =>
  pciFixture({
    name: 'two cards',
    config: {},
    devices: ['0000:05:00.0', '0000:06:00.0'],
    cards: [bmc, card('0000:05:00.0'), card('0000:06:00.0')],
    moved: [bmc, card('0000:45:00.0'), card('0000:46:00.0')],
    bare: [bmc],
    scaled: (cards) =>
      Array.from({ length: cards }, (_, index) => card(`0000:${(index + 16).toString(16)}:00.0`)),
  });

function run(driver: TableDriver, checks?: readonly number[], json: unknown = packageJson) {
  return runConformance({ driver, packageJson: json, fixtures: [twoCards()], ...(checks && { checks }) });
}

describe('the kit', () => {
  it('finds nothing against a driver that keeps the contract', { timeout: 120_000 }, async () => {
    const report = await run(goodDriver);
    expect(failedChecks(report)).toEqual([]);
    expect(report).toMatchObject({
      driver: { id: 'acme', package: 'acme-driver', version: '1.2.3' },
      level: 'sim',
    });
    expect(report.results.flatMap(({ name, outcome }) => (outcome === 'not-shown' ? [name] : []))).toEqual([
      'busy',
      'loop-block',
      'crash-kinds',
    ]);
    const sweeps = report.results.filter(({ id }) => id >= 30 && id <= 34);
    expect(sweeps.reduce((sum, { evidence }) => sum + evidence.trials, 0)).toBeGreaterThan(150);
  });

  it('counts what a fixture does not offer as not shown, never as passed', async () => {
    const fixture = pciFixture({
      name: 'one',
      config: {},
      devices: ['0000:05:00.0'],
      cards: [card('0000:05:00.0')],
    });
    const { results } = await runConformance({
      driver: goodDriver,
      packageJson,
      fixtures: [fixture],
      checks: [8, 10, 14, 15],
    });
    expect(results.map(({ outcome }) => outcome)).toEqual([
      'not-shown',
      'not-shown',
      'not-shown',
      'not-shown',
    ]);
    expect(results.map(({ reason }) => reason)).not.toContain('');
  });

  it('lays the time of a discovery to the driver, and not what the machine takes for its answers', async () => {
    let time = 0;
    const passMs = (ms: number) => {
      time += ms;
    };
    const slowMachine = (machine: Machine) =>
      observeMachine(machine, { before: ({ verb }) => passMs(verb === 'read' ? 1_000 : 0) });
    const fixture = twoCards();
    const { scaled } = fixture;
    const onSlowMachine = {
      ...fixture,
      scaled: async (cards: number) => {
        const staged = await scaled?.(cards);
        if (staged === undefined) throw new Error('the fixture can be scaled');
        return { ...staged, machine: slowMachine(staged.machine) };
      },
    };
    const slowDriver: TableDriver = {
      ...goodDriver,
      discover: async (context) => {
        const devices = await goodDriver.discover(context);
        passMs(devices.length * 80);
        return devices;
      },
    };
    const look = (driver: TableDriver) =>
      runConformance({ driver, packageJson, fixtures: [onSlowMachine], checks: [14] }, { now: () => time });
    expect((await look(goodDriver)).results).toMatchObject([{ outcome: 'passed' }]);
    expect(time).toBeGreaterThan(60_000);
    expect((await look(slowDriver)).results).toMatchObject([
      { outcome: 'failed', findings: ['64 cards took 5120 ms; expected less than 5000'] },
    ]);
  });

  it('finds a library that the manifest permits and the driver has no port to', async () => {
    const { cyborgDriver } = packageJson;
    const permissions = { ...cyborgDriver.permissions, ports: { acmeml: 'write' } };
    const [result] = (
      await run(goodDriver, [2], { ...packageJson, cyborgDriver: { ...cyborgDriver, permissions } })
    ).results;
    expect(result?.findings).toEqual([
      'the ports of the driver are {} and permissions.ports is {"acmeml":"write"}',
    ]);
  });

  it('tries nothing without a manifest, and says what is wrong with it', async () => {
    const report = await run(goodDriver, undefined, { ...packageJson, cyborgDriver: { id: 'Acme' } });
    expect(report.results).toMatchObject([{ id: 1, outcome: 'failed' }]);
    expect(report.results[0]?.reason).toContain('id');
  });
});
