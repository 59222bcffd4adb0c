import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AuditRecord, Device, Host, Operation, Page, ProjectQuotas } from '@cyborgjs/core';
import { freePort } from '@cyborgjs/openstack-session/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { hashToken } from '../src/api/token-authenticator.ts';
import type { Role } from '../src/roles.ts';
import { deleteQueues, missingRabbitmq, rabbitmqUrl, testHosts } from './test-bus.ts';
import { testDatabases } from './test-store.ts';
import { until } from './until.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const [host = ''] = testHosts;
/** Known to both APIs; the token that each makes for itself is not. */
const tokens = [{ name: 'both', sha256: hashToken('both'), roles: ['admin'], project: 'p1' }];
const servers = testDatabases.filter(({ kind }) => kind !== 'sqlite');

/** One process for each part of a cloud: they share nothing but the database and the broker. */
describe.each(servers)('API, conductor and agent as processes over RabbitMQ and $kind', (database) => {
  const missing = missingRabbitmq ?? database.missing;
  const prefix = `cyborg-test-${randomUUID()}`;
  const running = new Map<Role | 'another api', ChildProcess>();
  let directory: string;
  let drop: () => Promise<void> = async () => {};
  let url: string;
  let otherUrl: string;

  beforeAll(async () => {
    if (missing !== undefined) return;
    directory = mkdtempSync(join(tmpdir(), 'cyborg-cloud-'));
    const made = await database.create();
    drop = made.drop;
    const [port, otherPort] = [await freePort(), await freePort()];
    url = `http://127.0.0.1:${port}`;
    otherUrl = `http://127.0.0.1:${otherPort}`;
    const machine = { kind: 'simulated', root: join(directory, 'machine') };
    const config = {
      stateDir: join(directory, 'state'),
      log: { level: 'silent' },
      api: { listen: { port }, publicEndpoint: 'https://cloud.example', auth: { kind: 'token', tokens } },
      bus: { kind: 'rabbitmq', url: rabbitmqUrl, prefix },
      store: made.target,
      agent: { hosts: [{ name: host, machine, drivers: [{ package: '@cyborgjs/driver-gpu' }] }] },
    };
    writeFileSync(join(directory, 'cyborg.yaml'), stringify(config));
    for (const role of ['conductor', 'api', 'agent'] as const) start(role);
    start('api', 'another api', [`--listen=${otherPort}`, `--state-dir=${join(directory, 'other-state')}`]);
    for (const one of [url, otherUrl])
      await until(
        'the API answers',
        async () => (await fetch(`${one}/readyz`).catch(() => undefined))?.ok,
        60_000,
      );
    await until('the host is up', async () => (await hosts())[0]?.devices === 2, 30_000);
  }, 180_000);
  afterAll(async () => {
    await Promise.all([...running.keys()].map((role) => end(role, 'SIGTERM')));
    await drop();
    if (missing !== undefined) return;
    await deleteQueues(prefix);
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  function start(role: Role, name: Role | 'another api' = role, more: readonly string[] = []): void {
    const config = join(directory, 'cyborg.yaml');
    const args = ['--conditions=cyborg-source', main, role, '--config', config, ...more];
    running.set(name, spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }));
  }

  async function end(role: Role | 'another api', signal: NodeJS.Signals): Promise<void> {
    const child = running.get(role);
    if (child === undefined || child.exitCode !== null) return;
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exit;
  }

  async function ask<Body>(path: string, method = 'GET'): Promise<Body> {
    const token = readFileSync(join(directory, 'state', 'token'), 'utf8').trim();
    const response = await fetch(`${url}${path}`, { method, headers: { 'x-auth-token': token } });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Body;
  }

  const hosts = async () => (await ask<Page<Host>>('/v3/hosts')).items;
  const devices = async () => (await ask<Page<Device>>('/v3/devices')).items;
  const ended = (operation: Operation) =>
    until('the end of the operation', async () => {
      const now = await ask<Operation>(`/v3/operations/${operation.id}`);
      return now.endedAt === null ? undefined : now;
    });

  it.skipIf(missing !== undefined)(
    `makes a device ready${missing === undefined ? '' : ` (skipped: ${missing})`}`,
    async () => {
      const [gpu] = await devices();
      const operation = await ask<Operation>(`/v3/devices/${gpu?.id}/ready`, 'POST');
      expect(await ended(operation)).toMatchObject({ state: 'succeeded', attempts: 1 });
      expect((await devices()).map(({ state }) => state).sort()).toEqual(['discovered', 'ready']);
    },
  );

  it.skipIf(missing !== undefined)(
    'takes up what was asked for while no conductor ran',
    { timeout: 60_000 },
    async () => {
      await end('conductor', 'SIGKILL');
      const waiting = (await devices()).find(({ state }) => state === 'discovered');
      const operation = await ask<Operation>(`/v3/devices/${waiting?.id}/ready`, 'POST');
      expect(operation.state).toBe('pending');
      start('conductor');
      expect(await ended(operation)).toMatchObject({ state: 'succeeded' });
    },
  );

  it.skipIf(missing !== undefined)(
    'finishes with an agent that was killed and started again',
    { timeout: 60_000 },
    async () => {
      await end('agent', 'SIGKILL');
      const operation = await ask<Operation>(`/v3/hosts/${host}/discover`, 'POST');
      start('agent');
      expect(await ended(operation)).toMatchObject({ state: 'succeeded' });
      expect((await devices()).map(({ state }) => state)).toEqual(['ready', 'ready']);
    },
  );

  it.skipIf(missing !== undefined)(
    'serves by two APIs at once what is one: nothing is told twice, given twice, or beyond a quota',
    { timeout: 60_000 },
    async () => {
      const call = (base: string, path: string, init: RequestInit = {}) =>
        fetch(`${base}/accelerator${path}`, {
          ...init,
          headers: { 'x-auth-token': 'both', 'content-type': 'application/json' },
        });
      const send = (base: string, method: string, path: string, body: unknown) =>
        call(base, path, { method, body: JSON.stringify(body) });
      const groups = [{ 'resources:PGPU': '1' }];
      const profile = await send(url, 'POST', '/v2/device_profiles', [{ name: 'gpu', groups }]);
      expect(profile.status).toBe(201);
      const { links } = (await profile.json()) as { links: { href: string }[] };
      expect(links[0]?.href).toMatch(/^https:\/\/cloud\.example\/accelerator\/v2\/device_profiles\//);
      const names = await Promise.all(
        [url, otherUrl, url, otherUrl].map((base) =>
          send(base, 'POST', '/v2/device_profiles', [{ name: 'other', groups }]),
        ),
      );
      expect(names.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);

      expect((await send(otherUrl, 'PATCH', '/v3/quotas/p1', { limits: { PGPU: 5 } })).status).toBe(200);
      const made = await Promise.all(
        Array.from({ length: 16 }, (_, index) =>
          send(index % 2 === 0 ? url : otherUrl, 'POST', '/v2/accelerator_requests', {
            device_profile_name: 'gpu',
          }),
        ),
      );
      expect(made.filter(({ status }) => status === 201)).toHaveLength(5);
      expect(made.filter(({ status }) => status === 403)).toHaveLength(11);
      const { quotas } = (await (await call(url, '/v3/quotas/p1')).json()) as ProjectQuotas;
      expect(quotas.find(({ resourceClass }) => resourceClass === 'PGPU')).toMatchObject({
        used: 5,
        limit: 5,
      });

      const records = (await (await call(otherUrl, '/v3/audit?limit=100')).json()) as Page<AuditRecord>;
      const recorded = new Map(records.items.map(({ requestId, status }) => [requestId, status]));
      for (const answer of [profile, ...names, ...made])
        expect(recorded.get(answer.headers.get('x-openstack-request-id') ?? '')).toBe(answer.status);
    },
  );
});
