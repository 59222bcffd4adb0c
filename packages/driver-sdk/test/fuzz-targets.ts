import { type PciAddress, parsePciAddress } from '@cyborgjs/core';
import type { FuzzTarget } from '../src/conformance/index.ts';
import type { Machine } from '../src/index.ts';
import { answers, readCardIdentity, vpdSerialNumber } from '../src/pci/card-identity.ts';
import { matchingVariants } from '../src/pci/choose-vfio-driver.ts';
import { describePciCard } from '../src/pci/describe-pci-card.ts';
import { readMdev, readMdevTypes } from '../src/pci/mediated-device.ts';
import { parsePciNames } from '../src/pci/pci-names.ts';
import { readPciFunction } from '../src/pci/read-pci-function.ts';
import { readVfioBinding } from '../src/pci/vfio-binding.ts';

const address = '0000:83:00.0' as PciAddress;
const uuid = 'c1b5a4de-8f35-4d0c-9b0e-0d7f0c2a11aa';

const uevent =
  'DRIVER=nvidia\nPCI_CLASS=30200\nPCI_ID=10DE:2335\nPCI_SUBSYS_ID=10DE:18BE\nPCI_SLOT_NAME=0000:83:00.0\n';
const values = [
  '0x10de\n',
  '0x030200\n',
  '-1\n',
  '16.0 GT/s PCIe\n',
  'Unknown\n',
  '16\n',
  '(null)\n',
  uevent,
];
const words = ['0x', 'GT/s', 'PCI_ID=', '10DE:2335', '(null)', '-', 'e', '.', '0000:83:00.0', '/'];

/** The values of sysfs and of the files of the host that the PCI steps parse. */
export function targets(): Promise<readonly FuzzTarget[]> {
  return Promise.resolve([
    ofText('attributes of PCI functions', values, (text) => readCard(aMachine({ text })), words),
    ofText(
      'uevent of PCI functions',
      [uevent],
      (text) => readCard(aMachine({ text: '16\n', uevent: text })),
      words,
    ),
    ofText('links of PCI functions', ['vfio-pci', '42', address], (text) =>
      readCard(aMachine({ text: '1\n', link: text })),
    ),
    ofText(
      'names in directories of PCI functions',
      ['class\nvirtfn0\nphysfn\nsriov_totalvfs\nmax_link_speed'],
      (text) => readCard(aMachine({ text: '4\n', names: text.split('\n') })),
    ),
    ofBytes('configuration spaces', [withSerialNumber()], (bytes) => [
      answers(bytes),
      readCardIdentity(aMachine({ text: '' }), address, bytes),
    ]),
    ofBytes('vital product data', [vitalProductData()], vpdSerialNumber),
    ofText('types of mediated devices', ['GRID T4-2Q\n', '8\n', 'vfio-pci\n'], async (text) => [
      await readMdevTypes(aMachine({ text, names: [text.slice(0, 20)] }), address),
      await readMdev(aMachine({ text, link: text }), uuid),
    ]),
    ofText('bindings to VFIO', ['vfio-pci\n', '(null)\n', '\n'], (text) =>
      readVfioBinding(aMachine({ text, link: text.trim() }), address),
    ),
    ofText('addresses of PCI functions', [address, '00000000:83:00.0', '83:00.0'], parsePciAddress),
    ofText(
      'the list of PCI ids',
      ['10de  NVIDIA\n\t2335  H200\n\t\t10de 18be  H200\nC 03  Display\n'],
      (text) => {
        const names = parsePciNames(text);
        return [names.vendor('10de'), names.device('10de', '2335'), names.device('8086', 'bcce')];
      },
    ),
    ofText(
      'aliases of kernel modules',
      ['alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci\n'],
      (text) => matchingVariants(text, 'pci:v000015B3d0000101Esv000015B3sd00000016bc02sc00i00'),
      ['alias vfio_pci:', '*', '**', '[', ']', '{', '}', '(', '+(', '!('],
    ),
  ]);
}

async function readCard(sys: Machine): Promise<unknown> {
  const fn = await readPciFunction(sys, address);
  return fn === undefined ? undefined : describePciCard(sys, fn);
}

interface Answers {
  /** Of every file. */
  readonly text: string;
  readonly uevent?: string;
  readonly link?: string;
  readonly names?: readonly string[];
}

const usualNames = ['class', 'max_link_speed', 'physfn', 'sriov_totalvfs', 'virtfn0'];

/** A machine on which every read of a kind has the same answer. */
function aMachine({ text, link = text, names = usualNames, ...own }: Answers): Machine {
  return {
    read: async (path) => (path.endsWith('/uevent') ? (own.uevent ?? text) : text),
    readBytes: async () => Buffer.from(text, 'latin1'),
    list: async () => names,
    link: async (path) => (path.endsWith('/physfn') && own.uevent !== undefined ? undefined : link),
    resolve: async () => `/sys/devices/${text}`,
    write: async () => {},
    run: async () => ({ code: 0, out: text, err: '' }),
    invoke: async () => text,
  };
}

/** Header, and from 0x100 a capability with a serial number. */
function withSerialNumber(): Uint8Array {
  const bytes = Buffer.alloc(4096);
  bytes.writeUInt32LE(0x233510de, 0);
  bytes.writeUInt32LE(0x14010001, 0x100);
  bytes.writeUInt32LE(0x00010003, 0x140);
  bytes.writeBigUInt64LE(0x0011223344556677n, 0x144);
  return bytes;
}

/** A name, a read-only part with part number and serial number, the end. */
function vitalProductData(): Uint8Array {
  const fields = Buffer.from('PN\u0004ABCDSN\u0008SER12345', 'latin1');
  return Buffer.concat([
    Buffer.from([0x82, 4, 0]),
    Buffer.from('card'),
    Buffer.from([0x90, fields.length, 0]),
    fields,
    Buffer.from([0x78]),
  ]);
}

function ofText(
  name: string,
  samples: readonly string[],
  parse: (text: string) => unknown,
  pieces: readonly string[] = [],
): FuzzTarget {
  return { name, samples, words: pieces, parse: (input) => parse(typeof input === 'string' ? input : '') };
}

function ofBytes(
  name: string,
  samples: readonly Uint8Array[],
  parse: (bytes: Uint8Array) => unknown,
): FuzzTarget {
  return {
    name,
    samples,
    parse: (input) => parse(typeof input === 'string' ? Buffer.from(input, 'latin1') : input),
  };
}
