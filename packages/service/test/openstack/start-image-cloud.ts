import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSession, keystonePassword } from '@cyborgjs/openstack-session';
import { freePort, startRealKeystone } from '@cyborgjs/openstack-session/testing';
import { type CloudPlan, serviceUser } from './configuration.ts';
import { createDatabases } from './create-databases.ts';
import { furnishKeystone } from './furnish-keystone.ts';
import { createProcesses } from './processes.ts';
import { startGlance } from './start-glance.ts';
import { uploadImage } from './upload-image.ts';

/** A cloud of Keystone and Glance. */
export interface ImageCloud {
  readonly keystoneUrl: string;
  /** Of the user `openstack` of the project `service`. */
  readonly password: string;
  /** Puts an image into Glance; its id. */
  upload(bytes: Uint8Array, properties?: Readonly<Record<string, string>>): Promise<string>;
  /** Asks Glance as an administrator. */
  ask(method: string, path: string): Promise<void>;
  /** The file in which Glance keeps the data of an image. */
  fileOf(id: string): string;
  stop(): Promise<void>;
}

/** Starts it from Debian's packages; its images are in a database of their own in the MariaDB of the tests. */
export async function startImageCloud(): Promise<ImageCloud> {
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return { ...(await start(undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(undo: (() => Promise<unknown>)[]): Promise<Omit<ImageCloud, 'stop'>> {
  const directory = await mkdtemp(join(tmpdir(), 'cyborg-glance-'));
  undo.push(() => rm(directory, { recursive: true, force: true }));
  const processes = createProcesses(directory);
  undo.push(() => processes.stop());
  const keystone = await startRealKeystone({ kind: 'installed' });
  undo.push(() => keystone.stop());
  const databases = await createDatabases(['glance']);
  undo.push(() => databases.drop());
  const { region, adminPassword: password } = keystone;
  const keystoneUrl = `${keystone.url}/v3`;
  const plan: CloudPlan = {
    directory,
    keystoneUrl,
    region,
    password,
    rabbitUrl: '',
    databaseUrl: databases.urlOf,
  };
  const auth = keystonePassword({ authUrl: keystone.url, username: 'admin', password, projectName: 'admin' });
  const admin = createSession({ auth, endpointOverrides: { identity: keystoneUrl }, timeoutMs: 120_000 });
  undo.push(() => admin.close());
  const port = await freePort();
  await furnishKeystone(admin, {
    region,
    password,
    users: { [serviceUser]: { service: ['admin', 'service'] } },
    services: { image: `http://127.0.0.1:${port}` },
  });
  // The catalog of the first token knew no Glance.
  const member = keystonePassword({
    authUrl: keystone.url,
    username: 'admin',
    password,
    projectName: 'admin',
  });
  const images = createSession({ auth: member, timeoutMs: 120_000 });
  undo.push(() => images.close());
  const glance = await startGlance({ plan, port, processes });
  undo.push(() => glance.stop());
  return {
    keystoneUrl,
    password,
    upload: (bytes, properties = {}) => uploadImage(images, member, { name: 'an-image', bytes, properties }),
    ask: async (method, path) => void (await images.request({ service: 'image', method, path })),
    fileOf: (id) => join(directory, 'images', id),
  };
}
