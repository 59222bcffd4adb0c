import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@cyborgjs/openstack-session/testing';
import { stringify } from 'yaml';
import type { StoreTarget } from '../../src/store/store-init.ts';
import { until } from '../until.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Megabytes of heap: a service that keeps what it is sent ends by it. */
const heapMiB = 256;

/** A `cyborgd all` with a simulated server, in a process that has little memory. */
export interface FuzzedService {
  readonly port: number;
  readonly token: string;
  /** Null while it runs. */
  ended(): string | null;
  /** What it has logged as an error so far. */
  errors(): readonly string[];
  /** Resident memory in MiB. */
  residentMiB(): number;
  stop(): Promise<void>;
}

/** Starts one on a database; resolves when its cards have been found. */
export async function startFuzzedService(target: StoreTarget): Promise<FuzzedService> {
  const directory = mkdtempSync(join(tmpdir(), 'cyborg-fuzz-'));
  const port = await freePort();
  const settings = {
    stateDir: join(directory, 'state'),
    log: { level: 'error' },
    api: { listen: { host: '127.0.0.1', port }, requestsPerMinute: 10_000_000 },
    store: target,
    agent: {
      driverPatience: 10,
      hosts: [
        {
          name: 'compute1',
          machine: { kind: 'simulated', root: join(directory, 'machine') },
          drivers: [
            { package: '@cyborgjs/driver-gpu' },
            {
              package: '@cyborgjs/driver-pci',
              config: { devices: [{ vendor: '8086', class: '0200', resourceClass: 'CUSTOM_NIC' }] },
            },
          ],
        },
      ],
    },
  };
  writeFileSync(join(directory, 'cyborg.yaml'), stringify(settings));
  const flags = ['--conditions=cyborg-source', `--max-old-space-size=${heapMiB}`, main, 'all'];
  const child = spawn(process.execPath, [...flags, '--config', join(directory, 'cyborg.yaml')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said.push(text);
    });
  let end: string | null = null;
  child.once('exit', (code, signal) => {
    end = `the service ended with ${signal ?? code}: ${said.join('').slice(-4_000)}`;
  });
  const tokenFile = join(settings.stateDir, 'token');
  const readToken = () => (existsSync(tokenFile) ? readFileSync(tokenFile, 'utf8').trim() : '');
  const service: FuzzedService = {
    port,
    get token() {
      return readToken();
    },
    ended: () => end,
    errors: () => said.join('').split('\n').filter(Boolean),
    residentMiB: () =>
      Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    async stop() {
      if (end === null) {
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        await gone;
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
  try {
    await until('the service has found its cards', () => hasCards(service), 90_000);
    return service;
  } catch (error) {
    await service.stop();
    throw error;
  }
}

async function hasCards({ port, token, ended }: FuzzedService): Promise<boolean> {
  const end = ended();
  if (end !== null) throw new Error(end);
  try {
    const headers = { 'x-auth-token': token };
    const answer = await fetch(`http://127.0.0.1:${port}/v2/devices`, { headers });
    return ((await answer.json()) as { devices: unknown[] }).devices?.length === 3;
  } catch {
    return false;
  }
}
