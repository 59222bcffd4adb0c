import { fileURLToPath } from 'node:url';
import {
  type ConformanceFixture,
  failedChecks,
  pciFixture,
  renderTerminal,
  runConformance,
} from '@cyborgjs/driver-sdk/conformance';
import { resolveDriverPackage } from '@cyborgjs/driver-sdk/host';
import { bmcVga, type CardPlan, pciBridge, plainCard, sriovNic } from '@cyborgjs/driver-sdk/simulator';
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { pciDriver } from './index.ts';

const bmc = bmcVga({ address: '0000:03:00.0' });

const nic = (address: string) => sriovNic({ address });
const nicWithVfs = (address: string, numVfs = 3) => sriovNic({ address, numVfs });
const otherNic = (address: string) => sriovNic({ address, numVfs: 2, model: 'ConnectX-6' });
const npu = (address: string) =>
  plainCard({ address, vendor: '1da3', device: '1020', class: '120000', driver: 'habanalabs', serial: null });
const ssd = (address: string) =>
  plainCard({ address, vendor: '144d', device: 'a808', class: '010802', driver: 'nvme' });

/** So many cards, each on a bus of its own. */
function many(cards: number, plan: (address: string) => CardPlan): CardPlan[] {
  return Array.from({ length: cards }, (_, index) => plan(`0000:${(index + 0x10).toString(16)}:00.0`));
}

interface Family {
  readonly fixture: ConformanceFixture;
  /** What it cannot show; everything else must pass. */
  readonly notShown: readonly string[];
}

const families: readonly Family[] = [
  {
    fixture: pciFixture({
      name: 'a network card without virtual functions',
      config: { devices: [{ vendor: '8086', product: '1592', resourceClass: 'CUSTOM_NIC', traits: [] }] },
      devices: ['0000:17:00.0'],
      cards: [bmc, nic('0000:17:00.0'), otherNic('0000:18:00.0')],
      moved: [bmc, nic('0000:47:00.0')],
      bare: [bmc, ssd('0000:17:00.0')],
      scaled: (cards) => many(cards, nic),
    }),
    notShown: ['busy'],
  },
  {
    fixture: pciFixture({
      name: 'virtual functions of a network card, listed by their own id',
      config: { devices: [{ vendor: '8086', product: '1889' }] },
      devices: ['0000:17:00.0'],
      cards: [nicWithVfs('0000:17:00.0'), otherNic('0000:18:00.0')],
      moved: [nicWithVfs('0000:27:00.0'), otherNic('0000:28:00.0')],
      bare: [otherNic('0000:18:00.0')],
      // 4096 functions where 64 cards are asked for.
      scaled: (cards) => many(cards, (address) => nicWithVfs(address, 63)),
    }),
    notShown: ['busy'],
  },
  {
    fixture: pciFixture({
      name: 'a network card whose virtual functions are cared for',
      config: {
        devices: [{ vendor: '8086', product: '1592', virtualFunctions: 0, physicalNetwork: 'physnet1' }],
      },
      devices: ['0000:17:00.0'],
      cards: [nic('0000:17:00.0')],
      moved: [nic('0000:27:00.0')],
      bare: [bmc],
      scaled: (cards) => many(cards, nic),
    }),
    notShown: [],
  },
  {
    fixture: pciFixture({
      name: 'an accelerator without a serial number and two NVMe behind a bridge',
      config: { devices: [{ vendor: '1da3', model: 'Gaudi 2' }, { vendor: '144d' }] },
      devices: ['0000:33:00.0', '0000:34:00.0', '0000:35:00.0'],
      cards: [
        pciBridge({ address: '0000:30:01.0' }),
        npu('0000:33:00.0'),
        ssd('0000:34:00.0'),
        ssd('0000:35:00.0'),
      ],
      moved: [npu('0000:43:00.0'), ssd('0000:44:00.0'), ssd('0000:45:00.0')],
      bare: [bmc],
      scaled: (cards) => many(cards, ssd),
    }),
    notShown: ['busy'],
  },
];

describe.each(families.map((family) => [family.fixture.name, family] as const))('on %s', (_name, family) => {
  it('the PCI driver conforms', { timeout: 300_000 }, async () => {
    const { fixture, notShown } = family;
    const found = resolveDriverPackage({ directory: fileURLToPath(new URL('..', import.meta.url)) });
    const isFirst = family === families[0];
    const report = await runConformance({
      driver: pciDriver,
      packageJson,
      fixtures: [fixture],
      package: found,
      skipsProcesses: !isFirst,
    });
    expect(renderTerminal({ ...report, results: failedChecks(report) }, { color: false })).toContain(
      '0 failed',
    );
    expect(report.results.flatMap(({ name, outcome }) => (outcome === 'not-shown' ? [name] : []))).toEqual([
      ...notShown,
      ...(isFirst ? [] : ['loop-block', 'crash-kinds']),
    ]);
  });
});
