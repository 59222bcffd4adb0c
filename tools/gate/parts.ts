/** One part of the gate. */
export interface GatePart {
  readonly name: string;
  /** Programs come from node_modules/.bin. */
  readonly command: readonly string[];
  /** Mends what the part complains of, where a machine can. */
  readonly write?: readonly string[];
  /** Shows its output as it comes. */
  readonly isLive?: boolean;
}

/** All parts, quick ones first. */
export const gateParts: readonly GatePart[] = [
  {
    name: 'schemas',
    command: ['node', '--conditions=cyborg-source', 'tools/gate/driver-schemas.ts'],
    write: ['node', '--conditions=cyborg-source', 'tools/gate/driver-schemas.ts', '--write'],
  },
  {
    name: 'format',
    command: ['biome', 'check', '--linter-enabled=false', '.'],
    write: ['biome', 'check', '--linter-enabled=false', '--write', '.'],
  },
  { name: 'lint', command: ['biome', 'lint', '--error-on-warnings', '.'] },
  { name: 'laws', command: ['node', 'tools/gate/laws.ts'] },
  {
    name: 'exports',
    command: ['node', 'tools/gate/exports-list.ts'],
    write: ['node', 'tools/gate/exports-list.ts', '--write'],
  },
  {
    name: 'errors',
    command: ['node', 'tools/gate/error-tables.ts'],
    write: ['node', 'tools/gate/error-tables.ts', '--write'],
  },
  {
    name: 'conformance',
    command: ['node', '--conditions=cyborg-source', 'tools/gate/conformance-page.ts'],
    write: ['node', '--conditions=cyborg-source', 'tools/gate/conformance-page.ts', '--write'],
  },
  { name: 'types', command: ['tsc', '--project', 'tsconfig.json'] },
  { name: 'examples', command: ['node', 'tools/gate/doc-examples.ts'] },
  { name: 'unit', command: ['vitest', 'run'], isLive: true },
  { name: 'docs', command: ['typedoc'] },
  { name: 'build', command: ['node', 'tools/build/build-packages.ts'] },
  { name: 'packed', command: ['node', 'tools/gate/packed-packages.ts'] },
];

/** The parts named, in their order; all when none is named. Throws on a name that there is not. */
export function selectParts(
  parts: readonly GatePart[],
  wanted: readonly string[],
  unwanted: readonly string[],
): GatePart[] {
  const names = parts.map(({ name }) => name);
  const unknown = [...wanted, ...unwanted].find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`there is no part "${unknown}"; there are ${names.join(', ')}`);
  return parts.filter(
    ({ name }) => (wanted.length === 0 || wanted.includes(name)) && !unwanted.includes(name),
  );
}
