import type { FuzzTarget } from '@cyborgjs/driver-sdk/conformance';
import { compileRules } from '../src/compile-rules.ts';
import { PciConfig } from '../src/config.ts';
import { kindOf } from '../src/kind.ts';
import { wantedVirtualFunctions } from '../src/vf-profile.ts';

const rule = PciConfig.parse({ devices: [{ vendor: '8086', virtualFunctions: 2 }] }).devices[0];

const settings = {
  devices: [
    { vendor: '8086', product: '1592', virtualFunctions: 4, physicalNetwork: 'physnet1', managed: false },
    { address: '0000:5e:*.?', class: '0200', resourceClass: 'CUSTOM_NIC', traits: ['CUSTOM_FAST'] },
  ],
};

/** What this driver parses beyond the PCI steps of the SDK: its settings, with their globs, and its profiles. */
export function targets(): Promise<readonly FuzzTarget[]> {
  return Promise.resolve([
    {
      name: 'settings of the PCI driver',
      samples: [JSON.stringify(settings)],
      words: ['"address":"', '***', '?'.repeat(40), '*:'.repeat(20), '"vendor":', '"8086"', 'null', '1e999'],
      parse: (input) => useSettings(asJson(input)),
    },
    {
      name: 'globs of addresses',
      samples: ['0000:5e:*', '*.?', '0000:??:00.*'],
      words: ['*', '?', '**', ':', '.', '*:*.*'],
      parse: (input) => useSettings({ devices: [{ address: input }] }),
    },
    {
      name: 'profiles of virtual functions',
      samples: ['whole', 'vfs-8'],
      words: ['vfs-', '99999', '-'],
      parse: (input) => rule && wantedVirtualFunctions(rule, String(input)),
    },
    {
      name: 'classes of PCI functions',
      samples: ['020000', '010802', '120000'],
      parse: (input) => kindOf(String(input)),
    },
  ]);
}

/** Settings that hold are used as discovery would. */
function useSettings(given: unknown): unknown {
  const { data } = PciConfig.safeParse(given);
  if (data === undefined) return undefined;
  const find = compileRules(data.devices);
  return ['0000:5e:00.0', '10000:ff:1f.7'].map((address) =>
    find({ address, vendor: '8086', device: '1592', class: '020000' } as Parameters<typeof find>[0]),
  );
}

function asJson(input: string | Uint8Array): unknown {
  try {
    return JSON.parse(String(input));
  } catch {
    return undefined;
  }
}
