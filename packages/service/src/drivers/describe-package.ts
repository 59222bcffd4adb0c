import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { driverApiVersion } from '@cyborgjs/driver-sdk';
import { z } from 'zod';
import { printable } from './driver-desk.ts';
import type { AllowedDriver } from './driver-list.ts';
import type { StagedPackage } from './stage-package.ts';

/** What an operator should know of a package before it is let in, line by line. */
export function describePackage(staged: StagedPackage, replaced: AllowedDriver | undefined): string {
  const { name, version, manifest, directory } = staged.package;
  const { permissions } = manifest;
  const hardware = manifest.match.map((match) => ('pci' in match ? `PCI ${match.pci}` : match.path));
  const rows: [string, string][] = [
    [
      'driver',
      `${manifest.id}${replaced === undefined ? '' : `, replaces ${replaced.package} ${replaced.version}`}`,
    ],
    ['for', listOf(hardware)],
    ['verbs', manifest.verbs.join(', ')],
    ['contract', `${manifest.api}; this agent speaks ${driverApiVersion}`],
    ['may read', listOf(permissions.read)],
    ['may write', listOf(permissions.write)],
    ['may run', listOf(permissions.tools)],
    ...Object.entries(permissions.ports ?? {}).map(([port, access]): [string, string] => [
      'may call',
      `${port}, a library of its vendor, to ${access}`,
    ]),
    ...outsideNode(manifest),
    ['integrity', `${staged.integrity}; ${staged.fileCount} files, each hashed`],
    ['provenance', provenanceOf(staged)],
    ['conformance', conformanceOf(directory)],
  ];
  const lines = rows.map(([title, text]) => `  ${title.padEnd(12)}${printable(text)}`);
  return [printable(`${name} ${version}, from ${staged.source}`), ...lines].join('\n');
}

/** What keeps Node from holding the driver in. */
function outsideNode({ runtime, permissions }: StagedPackage['package']['manifest']): [string, string][] {
  return [
    ...(runtime === undefined ? [] : [['run by', runtime.command.join(' ')] as [string, string]]),
    ...(permissions.native
      ? [['native', 'it loads native code, which no permission holds in'] as [string, string]]
      : []),
  ];
}

const listOf = (items: readonly string[]): string => items.join(', ') || 'nothing';

function provenanceOf({ kind, provenance }: StagedPackage): string {
  if (kind !== 'registry') return `none: a ${kind} does not say who built it`;
  return provenance ?? 'none: the registry does not say who built it';
}

const Conformance = z.object({
  kit: z.string(),
  level: z.string(),
  devices: z.array(z.object({ model: z.string(), firmware: z.record(z.string(), z.string()) })).default([]),
  results: z.array(z.object({ outcome: z.string(), level: z.string().optional() })),
});

/** What the package brings as its proof: the vendor's own word. */
function conformanceOf(directory: string): string {
  const file = join(directory, 'conformance.json');
  if (!existsSync(file)) return 'nothing is shown';
  try {
    const { kit, level, devices, results } = Conformance.parse(JSON.parse(readFileSync(file, 'utf8')));
    const on = devices.map(({ model, firmware }) => ` on ${[model, ...Object.values(firmware)].join(' ')}`);
    const levels = [...new Set([level, ...results.map((result) => result.level ?? level)])].map((one) => {
      const own = results.filter((result) => (result.level ?? level) === one);
      const count = (outcome: string): number => own.filter((result) => result.outcome === outcome).length;
      return `level ${one}${one === 'hardware' ? on.join(',') : ''}: ${count('passed')} passed, ${count('failed')} failed`;
    });
    return `kit ${kit}, ${levels.join('; ')}, as the package says`;
  } catch {
    return 'its conformance.json cannot be read';
  }
}
