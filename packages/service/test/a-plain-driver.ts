import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface PlainDriver {
  readonly id: string;
  readonly version?: string;
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Further members of package.json. */
  readonly packageJson?: Readonly<Record<string, unknown>>;
  /** Further files by path. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * Writes a driver package without dependencies into a new directory and gives that back. It finds a device for each
 * name in `/cards/<id>` of its machine, and watches that directory; its setting `model` is what it calls them. One with
 * something in its file `health` has failed for that reason; of that it tells by a hint of the device's health.
 */
export function aPlainDriver(above: string, driver: PlainDriver): string {
  const { id, version = '1.0.0', manifest = {}, packageJson = {}, files = {} } = driver;
  const directory = join(above, `cyborg-driver-${id}`);
  mkdirSync(directory, { recursive: true });
  const contents = {
    name: `cyborg-driver-${id}`,
    version,
    type: 'module',
    exports: { '.': './index.js' },
    cyborgDriver: {
      id,
      api: '^1.0',
      entry: '.',
      verbs: ['discover', 'status', 'attach', 'detach', 'watch'],
      match: [{ path: `/cards/${id}/*` }],
      permissions: { read: [`/cards/${id}`, `/cards/${id}/*/health`], write: [], tools: [] },
      ...manifest,
    },
    ...packageJson,
  };
  writeFileSync(join(directory, 'package.json'), JSON.stringify(contents, undefined, 2));
  writeFileSync(join(directory, 'index.js'), source(id));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(directory, path), text);
  return directory;
}

/** Its config is as much of a zod schema as the host asks for. */
const source = (id: string): string => `
const cards = '/cards/${id}';
const healthOf = async (sys, name) => {
  const reason = (await sys.read(cards + '/' + name + '/health'))?.trim() || undefined;
  return reason === undefined ? { state: 'ok' } : { state: 'failed', reason };
};
const isKnown = (value) => Object.keys(value).every((key) => key === 'model');

export default {
  config: {
    safeParseAsync: async (value) =>
      isKnown(value)
        ? { success: true, data: { model: 'plain', ...value } }
        : { success: false, error: { issues: [{ path: Object.keys(value), message: 'not known' }] } },
  },
  discover: async ({ sys, config }) =>
    Promise.all(((await sys.list(cards)) ?? []).map(async (name) => ({
      identity: name,
      kind: 'AICHIP',
      vendor: '1d55',
      model: config.model,
      address: name,
      numaNode: null,
      health: await healthOf(sys, name),
      firmware: {},
      attributes: {},
      deployables: [
        {
          name,
          resourceClass: 'CUSTOM_PLAIN',
          traits: ['OWNER_CYBORG'],
          handles: [{ id: name, type: 'TEST_PCI', info: {} }],
        },
      ],
    }))),
  status: async () => 'detached',
  attach: async (_context, { handle }) => ({ type: handle.type, info: {} }),
  detach: async () => {},
  async *watch({ sys, pause }) {
    const look = async () => {
      const names = (await sys.list(cards)) ?? [];
      return new Map(await Promise.all(names.map(async (name) => [name, await healthOf(sys, name)])));
    };
    for (let before = await look(); ; ) {
      await pause(100);
      const now = await look();
      if (String([...now.keys()]) !== String([...before.keys()]))
        yield { type: 'rescan', reason: 'a card came or went' };
      else
        for (const [device, health] of now)
          if (health.reason !== before.get(device).reason) yield { type: 'health', device, health };
      before = now;
    }
  },
};
`;
