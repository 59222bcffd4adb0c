import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createSession, keystonePassword } from '@cyborgjs/openstack-session';
import { freePort, startRealKeystone } from '@cyborgjs/openstack-session/testing';
import { furnishKeystone } from '../../packages/service/test/openstack/furnish-keystone.ts';
import type { TestDatabase } from '../../packages/service/test/test-store.ts';
import { type BuiltService, startBuiltService, untilAnswered } from '../built-service.ts';
import type { BareOrder } from './bare-writes.ts';
import { openedOnce } from './opened-once.ts';
import { type Amounts, type Seeded, seedStore } from './seed-store.ts';

/** A Keystone, and what somebody sends who is an administrator there and a service as well. */
export interface Identity {
  readonly url: string;
  readonly password: string;
  readonly project: string;
  readonly headers: Readonly<Record<string, string>>;
  stop(): Promise<unknown>;
}

/** The built service and, beside it, what it is held against, on one store. */
export interface ApiSite {
  readonly service: BuiltService;
  readonly bare: { readonly port: number; readonly pid: number; writes(order: BareOrder): Promise<number> };
  readonly seeded: Seeded;
  readonly headers: Identity['headers'];
  stop(): Promise<void>;
}

const user = 'bench';
/** Keystone, started once for all sites. */
export const identities = openedOnce((_key: 'keystone') => startIdentity());

async function startIdentity(): Promise<Identity> {
  const { url, adminPassword: password, region, stop } = await startRealKeystone({ kind: 'installed' });
  const auth = keystonePassword({ authUrl: url, username: 'admin', password, projectName: 'admin' });
  const admin = createSession({ auth, endpointOverrides: { identity: `${url}/v3` } });
  const users = { [user]: { [user]: ['admin', 'service'] } };
  await furnishKeystone(admin, { region, password, users, services: {} });
  const found = await admin.request({ service: 'identity', method: 'GET', path: `/projects?name=${user}` });
  await admin.close();
  const login = keystonePassword({ authUrl: url, username: user, password, projectName: user });
  const token = (await login.headers(AbortSignal.timeout(30_000)))['x-auth-token'] ?? '';
  const project = (found.body as { projects: { id: string }[] }).projects[0]?.id ?? '';
  return { url, password, project, headers: { 'x-auth-token': token, 'x-service-token': token }, stop };
}

/** Fills a database of its own, and starts both servers on it. */
export async function openSite(database: TestDatabase, amounts: Omit<Amounts, 'project'>): Promise<ApiSite> {
  const { url: authUrl, password, project, headers } = await identities.get('keystone');
  const { target, drop } = await database.create();
  const seeded = await seedStore(target, { ...amounts, project });
  const day = 86_400_000;
  const service = startBuiltService(await freePort(), [], {
    log: { level: 'info' },
    api: {
      auth: { kind: 'keystone', authUrl, username: user, password, projectName: user },
      requestsPerMinute: 1_000_000_000,
    },
    store: target,
    conductor: { hostSilenceMs: day, healthTtlMs: day },
    agent: { hosts: [{ name: 'bench', drivers: [] }] },
  });
  await untilAnswered(`http://127.0.0.1:${service.port}/readyz`, performance.now());
  const bare = await startBareServer(target);
  return {
    service,
    bare,
    seeded,
    headers,
    async stop() {
      await service.stop();
      bare.child.disconnect();
      await drop();
    },
  };
}

async function startBareServer(target: unknown) {
  const child = fork(new URL('./bare-server.ts', import.meta.url), [JSON.stringify(target)]);
  const { port } = await next<{ port: number }>(child);
  const writes = async (order: BareOrder) => {
    child.send(order);
    return (await next<{ perSecond: number }>(child)).perSecond;
  };
  return { child, port, pid: child.pid as number, writes };
}

function next<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as Message));
    child.once('exit', (code) => reject(new Error(`the bare server ended with ${code}`)));
  });
}

const clockTicksPerSecond = 100;

/** Seconds of processor time that a process has taken so far (proc(5), `/proc/<pid>/stat`, fields 14 and 15). */
export function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
}
