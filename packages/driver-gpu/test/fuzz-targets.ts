import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FuzzTarget } from '@cyborgjs/driver-sdk/conformance';
import { amdGpu, buildMachine, nvidiaGpu, type Simulation } from '@cyborgjs/driver-sdk/simulator';
import { parseGpuMetrics } from '../src/amd/gpu-metrics.ts';
import { parseErrorCount } from '../src/amd/memory-errors.ts';
import { parseLayout } from '../src/layout.ts';
import { parseMigInstances, parseMigProfiles } from '../src/nvidia/mig-profile.ts';
import { parseMigSlice } from '../src/nvidia/mig-slice.ts';
import { parseNvidiaInformation } from '../src/nvidia/nvidia-information.ts';
import { parseSmiCsv } from '../src/nvidia/smi-csv.ts';
import { parseSmiXml } from '../src/nvidia/smi-xml.ts';
import { parseVgpuType } from '../src/nvidia/vgpu-type.ts';
import { parseXids } from '../src/nvidia/xid.ts';
import { wholeNumber } from '../src/whole-number.ts';

const nvidia = '0000:83:00.0';
const amd = '0000:c5:00.0';

const markers = [
  '[N/A]',
  '[Not Supported]',
  '[Unknown Error]',
  'ERR!',
  '[GPU requires reset]',
  ' MiB',
  ', ',
  '0000:83:00.0',
];
const tags = [
  '<gpu>',
  '</gpu>',
  '<![CDATA[',
  ']]>',
  '<!DOCTYPE a [<!ENTITY b "c">]>',
  '&b;',
  '&#x0;',
  '<!--',
  '-->',
  '<?xml?>',
];

/** The parsers of this driver, with inputs that the simulated tools and kernels print. */
export async function targets(): Promise<readonly FuzzTarget[]> {
  const root = mkdtempSync(join(tmpdir(), 'gpu-fuzz-'));
  try {
    return describeTargets(await readSamples(prepareMachine(root)));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function prepareMachine(root: string): Simulation {
  const simulation = buildMachine({
    root,
    cards: [
      nvidiaGpu({ address: nvidia }),
      nvidiaGpu({ address: '0000:84:00.0', dtd: 11 }),
      amdGpu({ address: amd }),
    ],
  });
  simulation.logKernel(
    "NVRM: Xid (PCI:0000:83:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
  );
  simulation.hold('0000:84:00.0', '/usr/bin/python3');
  return simulation;
}

interface Samples {
  readonly xml: readonly string[];
  readonly csv: string;
  readonly log: string;
  readonly profiles: string;
  readonly placements: string;
  readonly instances: string;
  readonly information: string;
  readonly metrics: Uint8Array;
}

async function readSamples({ machine, setReading }: Simulation): Promise<Samples> {
  const smi = async (...args: readonly string[]): Promise<string> =>
    (await machine.run('/usr/bin/nvidia-smi', args)).out;
  const old = await smi('-q', '-x', '-i', '0000:84:00.0');
  const now = await smi('-q', '-x');
  setReading(nvidia, 'power.draw', '[Unknown Error]');
  const fields = 'index,pci.bus_id,uuid,memory.total,power.draw,mig.mode.current,remapped_rows.pending';
  const csv = await smi(`--query-gpu=${fields}`, '--format=csv');
  await smi('-i', nvidia, '-mig', '1');
  await smi('mig', '-i', nvidia, '-cgi', '9:4,14:0,19:2');
  return {
    xml: [old, now, await smi('-q', '-x')],
    csv,
    log: (await machine.run('/usr/bin/dmesg', [])).out,
    profiles: await smi('mig', '-lgip'),
    placements: await smi('mig', '-lgipp'),
    instances: await smi('mig', '-lgi'),
    information: (await machine.read(`/proc/driver/nvidia/gpus/${nvidia}/information`)) ?? '',
    metrics: (await machine.readBytes(`/sys/bus/pci/devices/${amd}/gpu_metrics`)) ?? new Uint8Array(),
  };
}

function describeTargets(samples: Samples): FuzzTarget[] {
  return [
    ofText('nvidia-smi XML', samples.xml, parseSmiXml, [...tags, ...markers]),
    ofText(
      'values in nvidia-smi XML',
      [samples.csv, '0', 'Enabled'],
      (text) => parseSmiXml(withValue(samples.xml[0] ?? '', text)),
      markers,
    ),
    ofText('nvidia-smi CSV', [samples.csv], parseSmiCsv, markers),
    ofText('nvidia-smi MIG tables', [samples.profiles, samples.placements, samples.instances], (text) => [
      parseMigProfiles(text, samples.placements),
      parseMigProfiles(samples.profiles, text),
      parseMigInstances(text),
    ]),
    ofText('Xids of the kernel log', [samples.log], parseXids, ['NVRM: Xid (PCI:', '0000:83:00', '): ']),
    ofText('information of NVIDIA GPUs', [samples.information], parseNvidiaInformation, [
      'GPU UUID:',
      '????',
    ]),
    ofText(
      'names of layouts, types and slices',
      ['all-1g.10gb', '3g.40gb,4g.40gb', 'GRID T4-2Q', 'CPX/NPS4'],
      (text) => [
        parseVgpuType(text),
        parseMigSlice(text),
        parseMigSlice(`nvidia.com/mig=${text}`),
        parseLayout(text),
      ],
    ),
    ofText('numbers in sysfs', ['41000\n', 'ue: 0\nce: 0\n', '0'], (text) => [
      wholeNumber(text),
      parseErrorCount(text),
    ]),
    {
      name: 'gpu_metrics',
      samples: [samples.metrics],
      parse: (input) => parseGpuMetrics(typeof input === 'string' ? Buffer.from(input, 'latin1') : input),
    },
  ];
}

function ofText(
  name: string,
  samples: readonly string[],
  parse: (text: string) => unknown,
  words: readonly string[] = [],
): FuzzTarget {
  return { name, samples, words, parse: (input) => parse(typeof input === 'string' ? input : '') };
}

/** A document that is well-formed, with a text in place of one of its values; the text says of which. */
function withValue(xml: string, text: string): string {
  const value = [...text.slice(0, 200)].map((char) => `&#${Math.max(32, char.charCodeAt(0))};`).join('');
  const values = [...xml.matchAll(/>[^<>\n]+<\//g)];
  const chosen =
    values[[...text].reduce((sum, char) => sum + char.charCodeAt(0), 0) % Math.max(1, values.length)];
  if (chosen === undefined) return xml;
  return `${xml.slice(0, chosen.index)}>${value}</${xml.slice(chosen.index + chosen[0].length)}`;
}
