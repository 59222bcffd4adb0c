import { fileURLToPath } from 'node:url';
import {
  type ConformanceFixture,
  failedChecks,
  openByProcess,
  pciFixture,
  renderTerminal,
  runConformance,
} from '@cyborgjs/driver-sdk/conformance';
import { resolveDriverPackage } from '@cyborgjs/driver-sdk/host';
import {
  amdGpu,
  bmcVga,
  type CardPlan,
  intelFpgaDfl,
  intelGpu,
  nvidiaGpu,
  nvSwitch,
} from '@cyborgjs/driver-sdk/simulator';
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { gpuDriver } from './index.ts';

/** What is on every such server and no GPU to give out. */
const others = [
  bmcVga({ address: '0000:03:00.0' }),
  nvSwitch({ address: '0000:04:00.0' }),
  intelFpgaDfl({ address: '0000:05:00.0' }),
];

const flexWithVfs = (address: string) => intelGpu({ address, numVfs: 3 });

/** So many cards, each on a bus of its own. */
function many(cards: number, plan: (place: { readonly address: string }) => CardPlan): CardPlan[] {
  return Array.from({ length: cards }, (_, index) =>
    plan({ address: `0000:${(index + 0x10).toString(16)}:00.0` }),
  );
}

interface Family {
  readonly fixture: ConformanceFixture;
  /** What it cannot show; everything else must pass. */
  readonly notShown: readonly string[];
}

const families: readonly Family[] = [
  {
    fixture: pciFixture({
      name: 'two H200 and an NVSwitch',
      config: { vendors: ['nvidia', 'amd'], except: ['0000:00:02.0'], nvidiaSmi: { timeoutMs: 5_000 } },
      devices: ['0000:83:00.0', '0000:84:00.0'],
      hold: openByProcess,
      cards: [...others, nvidiaGpu({ address: '0000:83:00.0' }), nvidiaGpu({ address: '0000:84:00.0' })],
      moved: [...others, nvidiaGpu({ address: '0000:93:00.0' }), nvidiaGpu({ address: '0000:94:00.0' })],
      bare: others,
      scaled: (cards) => many(cards, nvidiaGpu),
    }),
    notShown: [],
  },
  {
    fixture: pciFixture({
      name: 'an MI300X beside an MI210',
      config: {},
      devices: ['0000:c5:00.0', '0000:c8:00.0'],
      cards: [
        ...others,
        amdGpu({ address: '0000:c5:00.0' }),
        amdGpu({ address: '0000:c8:00.0', model: 'MI210' }),
      ],
      moved: [
        ...others,
        amdGpu({ address: '0000:d5:00.0' }),
        amdGpu({ address: '0000:d8:00.0', model: 'MI210' }),
      ],
      bare: others,
      scaled: (cards) => many(cards, amdGpu),
    }),
    notShown: ['busy'],
  },
  {
    fixture: pciFixture({
      name: 'an Arc Pro B60',
      config: {},
      devices: ['0000:23:00.0'],
      cards: [...others, intelGpu({ address: '0000:23:00.0', model: 'Arc Pro B60' })],
      moved: [...others, intelGpu({ address: '0000:33:00.0', model: 'Arc Pro B60' })],
      bare: others,
      scaled: (cards) => many(cards, intelGpu),
    }),
    notShown: ['busy'],
  },
  {
    fixture: pciFixture({
      name: 'virtual functions of a Flex 170',
      config: {},
      devices: ['0000:23:00.0'],
      cards: [...others, flexWithVfs('0000:23:00.0')],
      moved: [...others, flexWithVfs('0000:33:00.0')],
      bare: others,
      scaled: (cards) => many(cards, ({ address }) => flexWithVfs(address)),
    }),
    notShown: ['busy'],
  },
];

describe.each(families.map((family) => [family.fixture.name, family] as const))('on %s', (_name, family) => {
  it('the GPU driver conforms', { timeout: 300_000 }, async () => {
    const { fixture, notShown } = family;
    const found = resolveDriverPackage({ directory: fileURLToPath(new URL('..', import.meta.url)) });
    const isFirst = family === families[0];
    const report = await runConformance({
      driver: gpuDriver,
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
