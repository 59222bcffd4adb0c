import { z } from 'zod';
import { type ConformanceRecord, changedSince } from '../conformance/report/conformance-record.ts';
import { summaryLine } from '../conformance/report/summary-line.ts';
import type { DriverManifest } from '../driver-manifest.ts';

interface DocumentedDriver {
  readonly manifest: DriverManifest;
  /** JSON Schema of the settings as an operator writes them. */
  readonly settings: unknown;
  /** Undefined where nothing has been shown yet. */
  readonly record: ConformanceRecord | undefined;
  /** Hashes of the package's files now. */
  readonly files: Readonly<Record<string, string>>;
}

/** The tables of a driver's README: what it is made for, its settings, what it may touch, what was shown. */
export function renderDriverDocument({ manifest, settings, record, files }: DocumentedDriver): string {
  const hardware = manifest.match.map((match) =>
    'pci' in match ? [`PCI \`${match.pci}\``, match.class ?? ''] : [`\`${match.path}\``, ''],
  );
  const { read, write, tools, ports = {} } = manifest.permissions;
  return [
    ...table(['hardware', 'class'], hardware),
    '',
    `Contract \`${manifest.api}\`; verbs: ${manifest.verbs.join(', ')}.`,
    '',
    ...table(['settings', 'type', 'default', 'meaning'], settingRows(JsonSchema.parse(settings))),
    '',
    ...table(
      ['may', 'what'],
      [
        ['read', codes(read)],
        ['write', codes(write)],
        ['run', codes(tools)],
        ...Object.entries(ports).map(([port, access]) => ['call', `\`${port}\`, to ${access}`]),
      ],
    ),
    '',
    conformanceLine(record, files),
  ].join('\n');
}

const codes = (values: readonly string[]): string =>
  values.map((value) => `\`${value}\``).join(', ') || 'nothing';

function conformanceLine(
  record: ConformanceRecord | undefined,
  files: Readonly<Record<string, string>>,
): string {
  if (record === undefined) return 'Conformance: nothing has been shown yet.';
  const changed = changedSince(record, files).length > 0 ? ' Files have changed since.' : '';
  return `Conformance: ${summaryLine(record)}.${changed}`;
}

/** As much of JSON Schema as the tables need. */
const JsonSchema = z.looseObject({
  get properties() {
    return z.record(z.string(), JsonSchema).optional();
  },
  get anyOf() {
    return z.array(JsonSchema).optional();
  },
  get items() {
    return JsonSchema.optional();
  },
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  default: z.unknown().optional(),
  description: z.string().optional(),
  required: z.array(z.string()).optional(),
});
type JsonSchema = z.output<typeof JsonSchema>;

/** A row per setting; those inside another by their dotted path. */
function settingRows(schema: JsonSchema, above = ''): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const path = above === '' ? name : `${above}.${name}`;
    const isRequired = schema.required?.includes(name) === true && inner.default === undefined;
    const preset = isRequired ? 'required' : '';
    const usual = inner.default === undefined ? preset : `\`${JSON.stringify(inner.default)}\``;
    return [[`\`${path}\``, typeOf(inner), usual, inner.description ?? ''], ...settingRows(inner, path)];
  });
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum !== undefined)
    return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(' or ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(' or ');
  if (schema.type === 'array')
    return `list of ${schema.items === undefined ? 'anything' : typeOf(schema.items)}`;
  return schema.type ?? 'anything';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [`No ${head[0]}.`];
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)];
}

const begin = '<!-- cyborg-driver doc: begin -->';
const end = '<!-- cyborg-driver doc: end -->';

/** A README with the tables between their markers; they are added at the end where there are none. */
export function placeDocument(readme: string, document: string): string {
  const block = `${begin}\n${document}\n${end}`;
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from >= 0 && to > from) return readme.slice(0, from) + block + readme.slice(to + end.length);
  return `${readme.trimEnd()}\n\n## Reference\n\n${block}\n`.trimStart();
}
