import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DriverManifest } from '../driver-manifest.ts';
import { placeDocument, renderDriverDocument } from './driver-document.ts';

const manifest = DriverManifest.parse({
  id: 'acme',
  api: '^1.0',
  entry: '.',
  verbs: ['discover', 'status', 'attach', 'detach'],
  match: [{ pci: '1d55:*', class: '1200' }, { path: '/dev/acme*' }],
  permissions: { read: ['/sys/bus/**'], write: [], tools: ['/usr/bin/acme'] },
});

const config = z.strictObject({
  tool: z.string().default('/usr/bin/acme').describe('The flash tool.'),
  mode: z.enum(['fast', 'slow']),
  except: z.array(z.string()).optional(),
  limits: z.strictObject({ timeoutMs: z.int().positive().default(5000) }).prefault({}),
});

describe('the tables of a README', () => {
  it('say what the driver is for, how it is set, what it may touch and what was shown', () => {
    const settings = z.toJSONSchema(config, { io: 'input', unrepresentable: 'any' });
    expect(renderDriverDocument({ manifest, settings, record: undefined, files: {} })).toMatchInlineSnapshot(`
      "| hardware | class |
      |---|---|
      | PCI \`1d55:*\` | 1200 |
      | \`/dev/acme*\` |  |

      Contract \`^1.0\`; verbs: discover, status, attach, detach.

      | settings | type | default | meaning |
      |---|---|---|---|
      | \`tool\` | string | \`"/usr/bin/acme"\` | The flash tool. |
      | \`mode\` | \`"fast"\` or \`"slow"\` | required |  |
      | \`except\` | list of string |  |  |
      | \`limits\` | object | \`{}\` |  |
      | \`limits.timeoutMs\` | integer | \`5000\` |  |

      | may | what |
      |---|---|
      | read | \`/sys/bus/**\` |
      | write | nothing |
      | run | \`/usr/bin/acme\` |

      Conformance: nothing has been shown yet."
    `);
  });

  it('replace those of before and leave the rest alone', () => {
    const first = placeDocument('# Acme\n\nWords.\n', 'old tables');
    expect(first).toBe(
      '# Acme\n\nWords.\n\n## Reference\n\n<!-- cyborg-driver doc: begin -->\nold tables\n<!-- cyborg-driver doc: end -->\n',
    );
    expect(placeDocument(`${first}\nMore words.\n`, 'new tables')).toBe(
      `${first.replace('old', 'new')}\nMore words.\n`,
    );
  });
});
