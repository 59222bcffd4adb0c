import { mkdtempSync, rmSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patternOf, readGuide } from './guide/read-guide.ts';
import { makePrograms, runStep } from './guide/run-steps.ts';
import { missingOpenstack } from './openstack/find-openstack.ts';
import { type Openstack, startOpenstack } from './openstack/start-openstack.ts';
import { type RunningService, startService } from './running-service.ts';
import { until } from './until.ts';

const guide = fileURLToPath(new URL('../../../docs/guide/user-workflow.md', import.meta.url));
const steps = readGuide(guide, 'In a cloud');

const clients = ['/usr/bin/openstack', '/usr/lib/python3/dist-packages/cyborgclient'];
const missing = (await missingOpenstack()) ?? (await missingClients());
const name = `the guide in a cloud${missing === undefined ? '' : ` (skipped: ${missing})`}`;

async function missingClients(): Promise<string | undefined> {
  const found = await Promise.allSettled(clients.map((file) => access(file)));
  return found.every(({ status }) => status === 'fulfilled')
    ? undefined
    : 'python3-openstackclient or python3-cyborgclient is not installed';
}

describe.skipIf(missing !== undefined)(name, () => {
  let cloud: Openstack;
  let service: RunningService;
  let directory: string;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cyborg-guide-'));
    cloud = await startOpenstack();
    const { keystoneUrl, password, computeHosts, region, acceleratorPort } = cloud;
    const login = { authUrl: keystoneUrl, username: 'openstack', password };
    const auth = { kind: 'password', interface: 'public', ...login };
    service = await startService({
      stateDir: directory,
      api: { listen: { host: '127.0.0.1', port: acceleratorPort }, auth: { kind: 'keystone', ...login } },
      nova: { auth },
      placement: { auth, createRoot: false },
      agent: {
        drivers: [{ package: '@cyborgjs/driver-gpu' }],
        hosts: computeHosts.map((host) => ({
          name: host,
          machine: { kind: 'simulated', root: join(directory, host) },
        })),
      },
    });
    env = {
      PATH: `${makePrograms(directory)}:${process.env.PATH}`,
      HOME: directory,
      OS_AUTH_URL: keystoneUrl,
      OS_USERNAME: 'admin',
      OS_PASSWORD: password,
      OS_PROJECT_NAME: 'admin',
      OS_USER_DOMAIN_NAME: 'Default',
      OS_PROJECT_DOMAIN_NAME: 'Default',
      OS_REGION_NAME: region,
      OS_IDENTITY_API_VERSION: '3',
      IMAGE: 'blank',
      NETWORK: 'none',
    };
    await until(
      'Placement agrees with both hosts',
      async () => {
        const findings = await runStep('cyborg doctor --json', { env, cwd: directory }).catch(() => '');
        return findings.match(/"found": "agree"/g)?.length === computeHosts.length;
      },
      120_000,
    );
  }, 1_200_000);
  afterAll(async () => {
    await service?.stop();
    await cloud?.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 120_000);

  it.each(steps)('$place', { timeout: 300_000 }, async ({ script, printed }) => {
    const out = await runStep(script, { env, cwd: directory });
    if (printed !== undefined) expect(out).toMatch(patternOf(printed));
  });
});
