import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startCyborg } from '../src/compose.ts';
import { loadConfig } from '../src/config.ts';
import { systemPorts } from '../src/ports.ts';

/** A whole service in this process, on a free port, and the way to ask it. */
export interface RunningService {
  readonly url: string;
  readonly token: string;
  get<Body>(path: string): Promise<Body>;
  post<Body>(path: string, body?: unknown): Promise<Body>;
  stop(): Promise<void>;
}

/** Starts `cyborgd all` with this configuration; resolves when every host has been scanned. */
export async function startService(settings: {
  readonly stateDir: string;
  readonly [section: string]: unknown;
}): Promise<RunningService> {
  const file = join(settings.stateDir, 'cyborg.yaml');
  writeFileSync(file, stringify({ api: { listen: { port: 0 } }, ...settings }));
  const ports = systemPorts(process.env.SERVICE_LOG ?? 'silent');
  const cyborg = await startCyborg(
    loadConfig({ config: file }, {}),
    { api: true, conductor: true, agent: true },
    ports,
  );
  await cyborg.scanned;
  if (cyborg.url === null) throw new Error('a service without API');
  const { url, tokenFile } = cyborg;
  // Where Keystone gives tokens out, there is none of our own.
  const token = tokenFile === null ? '' : readFileSync(tokenFile, 'utf8').trim();

  async function ask<Body>(path: string, init: RequestInit): Promise<Body> {
    const response = await fetch(new URL(path, url), {
      ...init,
      headers: { 'x-auth-token': token, ...init.headers },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${init.method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Body;
  }
  return {
    url,
    token,
    get: (path) => ask(path, { method: 'GET' }),
    post: (path, body) =>
      ask(path, {
        method: 'POST',
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      }),
    stop: () => cyborg.stop(),
  };
}
