import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import {
  type ConformanceFixture,
  type FixtureLibrary,
  type FixtureTool,
  pciFixture,
} from '../../src/conformance/index.ts';
import { bmcVga, type CardPlan, plainCard, type Simulation } from '../../src/simulator/index.ts';
import { acmeImage } from './acme-image.ts';

const key = 'a-key-for-the-lab';
const images = '/var/lib/acme/images';

/** Two cards, one of them given out as its virtual function, beside a card of somebody else's. */
export function acmeFixture(): ConformanceFixture {
  const bmc = bmcVga({ address: '0000:03:00.0' });
  return pciFixture({
    name: 'two Acme cards',
    config: { signingKey: key },
    devices: ['0000:05:00.0', '0000:06:00.0'],
    cards: [bmc, acmeCard('0000:05:00.0'), acmeCard('0000:06:00.0', 1)],
    moved: [bmc, acmeCard('0000:45:00.0'), acmeCard('0000:46:00.0', 1)],
    bare: [bmc],
    scaled: (cards) =>
      Array.from({ length: cards }, (_, index) => acmeCard(`0000:${(index + 16).toString(16)}:00.0`)),
    prepare: async ({ root }) => {
      mkdirSync(root + images, { recursive: true });
      for (const [name, text] of Object.entries(imageFiles)) writeFileSync(`${root}${images}/${name}`, text);
    },
    tools: { '/usr/sbin/acmectl': acmectl },
    libraries: { acmeml },
    hold: (simulation, address) => {
      const users = `/sys/bus/pci/devices/${address}/users`;
      simulation.setFile(users, '1\n');
      return () => simulation.setFile(users, '0\n');
    },
    images: {
      valid: { image: `${images}/a010-2.1.0.img`, version: '2.1.0' },
      wrong: [
        { what: 'for another model', image: `${images}/a020-2.1.0.img` },
        { what: 'that is cut off', image: `${images}/cut-off.img` },
        { what: 'with a bad signature', image: `${images}/unsigned.img` },
        { what: 'that is not there', image: `${images}/nothing.img` },
      ],
    },
  });
}

const imageFiles: Readonly<Record<string, string>> = {
  'a010-2.1.0.img': acmeImage('a010', '2.1.0', key),
  'a020-2.1.0.img': acmeImage('a020', '2.1.0', key),
  'cut-off.img': acmeImage('a010', '2.1.0', key).slice(0, 60),
  'unsigned.img': acmeImage('a010', '2.1.0', 'another key'),
};

const acmeCard = (address: string, numVfs = 0): CardPlan =>
  plainCard({
    ...{ address, vendor: '1d55', device: 'a010', class: '120000', driver: 'acme' },
    ...(numVfs === 0
      ? {}
      : {
          sriov: {
            totalVfs: 4,
            numVfs,
            offset: 1,
            stride: 1,
            vfDevice: 'a011',
            vfDriver: 'acme',
            driverLimit: null,
            configurable: true,
          },
        }),
    files: {
      ...{ fw_version: '1.0.0\n', fw_state: 'ok\n', mode: 'host\n', users: '0\n' },
      ...{ temp1_input: '41500\n', energy_uj: '7000000\n', power_limit: '300\n' },
    },
  });

/** The vendor's tool: `mode ADDRESS guest|host`, `flash ADDRESS IMAGE`. */
const acmectl: FixtureTool = (simulation, [verb, address = '', argument = ''], { onLine, signal }) => {
  const set = (name: string, text: string): void =>
    simulation.setFile(`/sys/bus/pci/devices/${address}/${name}`, `${text}\n`);
  if (verb === 'mode') set('mode', argument);
  if (verb !== 'flash') return { code: 0, out: '', err: '' };
  set('fw_state', 'flashing');
  for (const line of ['10%', '60%']) {
    onLine?.(line);
    if (signal?.aborted === true) throw signal.reason;
  }
  set('fw_version', versionIn(simulation, argument));
  set('fw_state', 'ok');
  onLine?.('100%');
  return { code: 0, out: '10%\n60%\n100%\n', err: '' };
};

/** The vendor's library, which keeps what it sets in a file that no driver of the kernel shows. */
const acmeml: FixtureLibrary = ({ root, setFile }) => {
  const fileOf = (address: string): string => `/sys/bus/pci/devices/${address}/power_limit`;
  return {
    powerLimit: ({ address }: { address: string }) => Number(readFileSync(root + fileOf(address), 'utf8')),
    setPowerLimit: ({ address, watts }: { address: string; watts: number }) =>
      setFile(fileOf(address), `${watts}\n`),
  };
};

const versionIn = (simulation: Simulation, image: string): string =>
  /version=(.*)\n/.exec(readFileSync(simulation.root + image, 'utf8'))?.[1] ?? '?';
