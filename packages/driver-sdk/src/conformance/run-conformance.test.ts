import { describe, expect, it } from 'vitest';
import { definePciDriver } from '../define-pci-driver.ts';
import type { AttachRequest, Driver } from '../driver.ts';
import type { DriverContext } from '../driver-context.ts';
import { DriverError } from '../driver-error.ts';
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
    verbs: ['discover', 'status', 'attach', 'detach'],
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

function run(driver: TableDriver, checks?: readonly number[], json: unknown = packageJson) {
  const fixture = pciFixture({
    name: 'two cards',
    config: {},
    devices: ['0000:05:00.0', '0000:06:00.0'],
    cards: [bmc, card('0000:05:00.0'), card('0000:06:00.0')],
    moved: [bmc, card('0000:45:00.0'), card('0000:46:00.0')],
    bare: [bmc],
    scaled: (cards) =>
      Array.from({ length: cards }, (_, index) => card(`0000:${(index + 16).toString(16)}:00.0`)),
  });
  return runConformance({ driver, packageJson: json, fixtures: [fixture], ...(checks && { checks }) });
}

/** A copy of the good driver with another machine below each verb. */
function onMachine(
  change: (sys: Machine, context: DriverContext<Record<string, never>>) => Machine,
): TableDriver {
  const below = (context: DriverContext<Record<string, never>>) => ({
    ...context,
    sys: change(context.sys, context),
  });
  return {
    config: goodDriver.config,
    discover: (context) => goodDriver.discover(below(context)),
    status: (context, request) => goodDriver.status(below(context), request),
    attach: (context, request) => goodDriver.attach(below(context), request),
    detach: (context, request) => goodDriver.detach(below(context), request),
  };
}

describe('the kit', () => {
  it('finds nothing against a driver that keeps the contract', { timeout: 120_000 }, async () => {
    const report = await run(goodDriver);
    expect(failedChecks(report)).toEqual([]);
    expect(report).toMatchObject({
      driver: { id: 'acme', package: 'acme-driver', version: '1.2.3' },
      level: 'sim',
    });
    expect(report.results.map(({ outcome }) => outcome)).not.toContain('not-shown');
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

  it('tries nothing without a manifest, and says what is wrong with it', async () => {
    const report = await run(goodDriver, undefined, { ...packageJson, cyborgDriver: { id: 'Acme' } });
    expect(report.results).toMatchObject([{ id: 1, outcome: 'failed' }]);
    expect(report.results[0]?.reason).toContain('id');
  });
});

/** Drivers with one thing wrong, and the check that must find it. */
const mutants: readonly (readonly [wrong: string, check: number, driver: TableDriver])[] = [
  ['declares a verb that it lacks', 2, { ...goodDriver, stats: async () => ({}) }],
  [
    'writes while it discovers',
    7,
    onMachine((sys) => ({
      ...sys,
      list: async (path) => {
        if (path === '/sys/bus/pci/devices')
          await sys.write('/sys/bus/pci/drivers_probe', '0000:03:00.0').catch(() => {});
        return sys.list(path);
      },
    })),
  ],
  [
    'takes the address for an identity',
    8,
    {
      ...goodDriver,
      discover: async (context) =>
        (await goodDriver.discover(context)).map((device) => ({ ...device, identity: device.address })),
    },
  ],
  [
    'reports a card twice',
    9,
    {
      ...goodDriver,
      discover: async (context) => (await goodDriver.discover(context)).flatMap((device) => [device, device]),
    },
  ],
  [
    'takes a list that fails for an empty one',
    11,
    { ...goodDriver, discover: (context) => goodDriver.discover(context).catch(() => []) },
  ],
  [
    'loses all cards with one',
    12,
    onMachine((sys) => ({
      ...sys,
      read: async (path) => {
        const text = await sys.read(path);
        if (text === undefined && path.endsWith('/uevent')) throw new DriverError('internal', 'no uevent');
        return text;
      },
    })),
  ],
  [
    'reports cards of others',
    16,
    definePciDriver({ match: {}, kind: 'PCI', resourceClass: 'CUSTOM_ACME' }) as TableDriver,
  ],
  ['leaves the card attached on detach', 17, { ...goodDriver, detach: async () => {} }],
  [
    'writes again when it is attached already',
    18,
    {
      ...goodDriver,
      attach: async (context, request) => {
        await context.sys.write(`/sys/bus/pci/devices/${request.handle.id}/driver_override`, 'vfio-pci');
        return goodDriver.attach(context, request);
      },
    },
  ],
  [
    'calls a handle that does not exist attached',
    23,
    {
      ...goodDriver,
      attach: async (_context, { handle }: AttachRequest) => ({ type: handle.type, info: {} }),
    },
  ],
  [
    'cannot detach a card that is gone',
    27,
    {
      ...goodDriver,
      detach: async (context, request) => {
        if ((await context.sys.read(`/sys/bus/pci/devices/${request.handle.id}/class`)) === undefined)
          throw new DriverError('not_found', 'the card is gone');
        return goodDriver.detach(context, request);
      },
    },
  ],
  ['believes its memory', 28, { ...goodDriver, status: async () => 'attached' }],
  [
    'infers from one fact that all is done',
    31,
    {
      ...goodDriver,
      detach: async (context, request) => {
        const override = await context.sys.read(`/sys/bus/pci/devices/${request.handle.id}/driver_override`);
        if (override?.startsWith('vfio') === true) await goodDriver.detach(context, request);
      },
    },
  ],
  [
    'turns a passed deadline into something else',
    32,
    {
      ...goodDriver,
      attach: (context, request) =>
        goodDriver.attach(context, request).catch(() => {
          throw new DriverError('hardware', 'attach failed');
        }),
    },
  ],
  [
    'believes what a write reports',
    34,
    {
      ...goodDriver,
      attach: async (context, request) => {
        const answer = { type: request.handle.type, info: {} };
        return goodDriver.attach(context, request).catch(() => answer);
      },
    },
  ],
  [
    'hides that it may not write',
    37,
    {
      ...goodDriver,
      attach: (context, request) =>
        goodDriver.attach(context, request).catch((cause: unknown) => {
          throw new DriverError('unavailable', 'try again', { cause });
        }),
    },
  ],
];

describe('the kit catches a driver that', () => {
  it.each(mutants)('%s, by check %d', { timeout: 60_000 }, async (_wrong, check, driver) => {
    const [result] = (await run(driver, [check])).results;
    expect(result).toMatchObject({ id: check, outcome: 'failed' });
    expect(result?.reason).toMatch(/expectations failed/);
  });

  it('reads what its manifest does not name, by check 50', async () => {
    const { permissions } = packageJson.cyborgDriver;
    const narrow = {
      ...packageJson.cyborgDriver,
      permissions: { ...permissions, read: permissions.read.slice(0, 3) },
    };
    const [result] = (await run(goodDriver, [50], { ...packageJson, cyborgDriver: narrow })).results;
    expect(result).toMatchObject({ outcome: 'failed' });
    expect(result?.reason).toContain('the driver may not read /dev/vfio');
  });

  it('takes settings that it does not know, by check 5', async () => {
    const { z } = await import('zod');
    const [result] = (await run({ ...goodDriver, config: z.looseObject({}) as never }, [5])).results;
    expect(result).toMatchObject({ outcome: 'failed' });
  });
});
