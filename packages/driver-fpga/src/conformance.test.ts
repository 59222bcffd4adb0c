import { fileURLToPath } from 'node:url';
import {
  type ConformanceFixture,
  failedChecks,
  pciFixture,
  renderTerminal,
  runConformance,
} from '@cyborgjs/driver-sdk/conformance';
import { resolveDriverPackage } from '@cyborgjs/driver-sdk/host';
import {
  alveo,
  bmcVga,
  type CardPlan,
  gbsImage,
  intelFpgaDfl,
  intelFpgaOld,
  intelGpu,
  plainCard,
  type Simulation,
  signedImage,
  usualShellId,
  xclbinImage,
} from '@cyborgjs/driver-sdk/simulator';
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { fpgaDriver } from './index.ts';

/** Cards that have the class or the maker of an FPGA, and are none. */
const others = [
  bmcVga({ address: '0000:03:00.0' }),
  intelGpu({ address: '0000:04:00.0' }),
  plainCard({ address: '0000:05:00.0', vendor: '1da3', device: '1020', class: '120000' }),
];

const withVfs = (address: string) => intelFpgaDfl({ address, numVfs: 2 });

/** So many cards, each on a bus of its own. */
function many(cards: number, plan: (place: { readonly address: string }) => CardPlan): CardPlan[] {
  return Array.from({ length: cards }, (_, index) =>
    plan({ address: `0000:${(index + 0x10).toString(16)}:00.0` }),
  );
}

const anImage = '/var/lib/images/image';
const anotherImage = '/var/lib/images/another-image';
const foreignImage = '/var/lib/images/foreign-image';
const halfAnImage = '/var/lib/images/half-an-image';
const noHash = { sha256: '0'.repeat(64) };

/** A fixture's images, and the work that lays them on its machines. */
function withImages(
  versions: readonly [string, string],
  make: (version: string) => Uint8Array,
  foreign: Uint8Array,
  optionsFor: (version: string) => Readonly<Record<string, string>> = () => ({}),
) {
  const [valid, other] = versions;
  return {
    images: {
      valid: { image: anImage, version: valid, options: optionsFor(valid) },
      other: { image: anotherImage, version: other, options: optionsFor(other) },
      wrong: [
        { image: foreignImage, what: 'for another card' },
        { image: halfAnImage, what: 'cut off' },
        { image: anImage, what: 'with another hash', options: noHash },
        { image: '/var/lib/images/none', what: 'that is not there' },
      ].map((wrong) => ({ ...wrong, options: { ...optionsFor(valid), ...wrong.options } })),
    },
    prepare: async (simulation: Simulation) => {
      simulation.setFile(anImage, make(valid));
      simulation.setFile(anotherImage, make(other));
      simulation.setFile(foreignImage, foreign);
      simulation.setFile(halfAnImage, make(valid).subarray(0, 100));
    },
  };
}

const intelImages = withImages(
  ['c000c9660d8242729aeffe5f84570612', 'f7df405cbd7acf7222f144b0b93acd18'],
  (id) => gbsImage({ functions: [id] }),
  gbsImage({ interfaceId: 'f'.repeat(32) }),
);
const alveoImages = withImages(
  ['7a9e0b3c10f24c8d8d0e6c1f8b2a9d11', '7a9e0b3c10f24c8d8d0e6c1f8b2a9d22'],
  (uuid) => xclbinImage({ uuid }),
  xclbinImage({ interfaceUuid: 'e'.repeat(32) }),
);

const target = 'shell';
const intelShells = withImages(
  [usualShellId, '0x501020444df1d9c'],
  (bitstreamId) => signedImage({ bitstreamId }),
  gbsImage(),
  (version) => ({ target, card: '8086:bcce', bitstream_id: version }),
);
const alveoShells = withImages(
  ['xilinx_u250_gen3x16_xdma_shell_5_0', 'xilinx_u250_gen3x16_xdma_shell_6_0'],
  (platform) => xclbinImage({ platform, sections: [12, 13] }),
  xclbinImage({ platform: 'xilinx_u50_gen3x16_xdma_base_5', sections: [12] }),
  () => ({ target }),
);

/** Machines whose first card is flashed with a shell; everything but flashing is shown by the families. */
const flashed: readonly ConformanceFixture[] = [
  pciFixture({
    ...intelShells,
    name: 'an Intel FPGA on DFL that is flashed',
    config: {},
    devices: ['0000:b1:00.0'],
    cards: [...others, intelFpgaDfl({ address: '0000:b1:00.0' })],
  }),
  pciFixture({
    ...alveoShells,
    name: 'an Alveo U250 that is flashed',
    config: {},
    devices: ['0000:b3:00.0'],
    cards: [...others, alveo({ address: '0000:b3:00.0' })],
  }),
];
/** program-ok, -wrong, -cancel, -crash and -in-use, and dry-run. */
const flashChecks = [41, 42, 43, 44, 45, 46];

interface Family {
  readonly fixture: ConformanceFixture;
  /** What it cannot show: the host does not tell who has an FPGA open. Everything else must pass. */
  readonly notShown: readonly string[];
}

const families: readonly Family[] = [
  {
    fixture: pciFixture({
      ...intelImages,
      name: 'two Intel FPGAs on DFL',
      config: { families: ['intel'], except: ['0000:fe:*'] },
      devices: ['0000:b1:00.0', '0000:b2:00.0'],
      cards: [
        ...others,
        intelFpgaDfl({ address: '0000:b1:00.0' }),
        intelFpgaDfl({ address: '0000:b2:00.0' }),
      ],
      moved: [
        ...others,
        intelFpgaDfl({ address: '0000:c1:00.0' }),
        intelFpgaDfl({ address: '0000:c2:00.0' }),
      ],
      bare: [...others, alveo({ address: '0000:b3:00.0' })],
      scaled: (cards) => many(cards, intelFpgaDfl),
    }),
    notShown: ['busy'],
  },
  {
    fixture: pciFixture({
      ...intelImages,
      name: 'virtual functions of an Intel FPGA on DFL',
      config: {},
      devices: ['0000:b1:00.0'],
      cards: [...others, withVfs('0000:b1:00.0')],
      moved: [...others, withVfs('0000:c1:00.0')],
      bare: others,
      scaled: (cards) => many(cards, ({ address }) => withVfs(address)),
    }),
    notShown: ['busy'],
  },
  {
    fixture: pciFixture({
      ...intelImages,
      name: 'an Intel FPGA on the older intel-fpga driver',
      config: {},
      devices: ['0000:5e:00.0'],
      cards: [...others, intelFpgaOld({ address: '0000:5e:00.0' })],
      moved: [...others, intelFpgaOld({ address: '0000:6e:00.0' })],
      bare: others,
      scaled: (cards) => many(cards, intelFpgaOld),
    }),
    notShown: ['busy'],
  },
  {
    fixture: pciFixture({
      ...alveoImages,
      name: 'an Alveo U250 beside a U50 with its factory image',
      config: {},
      devices: ['0000:b3:00.0', '0000:b4:00.0'],
      cards: [
        ...others,
        alveo({ address: '0000:b3:00.0' }),
        alveo({ address: '0000:b4:00.0', model: 'u50', golden: true }),
      ],
      moved: [
        ...others,
        alveo({ address: '0000:c3:00.0' }),
        alveo({ address: '0000:c4:00.0', model: 'u50', golden: true }),
      ],
      bare: [
        ...others,
        plainCard({ address: '0000:b5:00.0', vendor: '10ee', device: '9038', class: '058000' }),
      ],
      scaled: (cards) => many(cards, alveo),
    }),
    notShown: ['busy'],
  },
];

describe.each(families.map((family) => [family.fixture.name, family] as const))('on %s', (_name, family) => {
  it('the FPGA driver conforms', { timeout: 300_000 }, async () => {
    const { fixture, notShown } = family;
    const found = resolveDriverPackage({ directory: fileURLToPath(new URL('..', import.meta.url)) });
    const isFirst = family === families[0];
    const report = await runConformance({
      driver: fpgaDriver,
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

it.each(flashed.map((fixture) => [fixture.name, fixture] as const))(
  'on %s the FPGA driver conforms',
  { timeout: 120_000 },
  async (_name, fixture) => {
    const report = await runConformance({
      driver: fpgaDriver,
      packageJson,
      fixtures: [fixture],
      checks: flashChecks,
    });
    expect(renderTerminal({ ...report, results: failedChecks(report) }, { color: false })).toContain(
      '0 failed',
    );
    expect(report.results.map(({ outcome }) => outcome)).toEqual(flashChecks.map(() => 'passed'));
  },
);
