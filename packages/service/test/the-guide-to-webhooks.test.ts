import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@cyborgjs/openstack-session/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Cyborg, startCyborg } from '../src/compose.ts';
import { loadConfig } from '../src/config.ts';
import { systemPorts } from '../src/ports.ts';
import { patternOf, readGuide } from './guide/read-guide.ts';
import { makePrograms, runStep } from './guide/run-steps.ts';
import { until } from './until.ts';

const guide = fileURLToPath(new URL('../../../docs/guide/webhooks.md', import.meta.url));
const receiverSource = /^```js\n(.*?)^```$/ms.exec(readFileSync(guide, 'utf8'))?.[1] ?? '';

let directory: string;
let port: number;
let cyborg: Cyborg;
let env: NodeJS.ProcessEnv;
let receiver: ChildProcess | undefined;
let printed = '';

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cyborg-webhooks-'));
  port = await freePort();
  const file = join(directory, 'cyborg.yaml');
  writeFileSync(file, stringify({ stateDir: directory, api: { listen: { port: 0 } } }));
  const parts = { api: true, conductor: true, agent: false };
  cyborg = await startCyborg(loadConfig({ config: file }, {}), parts, systemPorts('silent'));
  env = {
    PATH: `${makePrograms(directory)}:${process.env.PATH}`,
    CYBORG_ENDPOINT: cyborg.url ?? '',
    CYBORG_STATE_DIR: directory,
  };
  writeFileSync(join(directory, 'receiver.mjs'), here(receiverSource));
}, 60_000);
afterAll(async () => {
  await cyborg.stop();
  receiver?.kill();
  rmSync(directory, { recursive: true, force: true });
});

/** With a port that is free here. */
const here = (text: string): string => text.replaceAll('8000', String(port));
const address = () => `http://127.0.0.1:${port}/cyborg`;

it.each(readGuide(guide, 'Try it'))('$place', { timeout: 60_000 }, async (step) => {
  if (step.script === 'node receiver.mjs\n') return startReceiver();
  if (step.script.startsWith('cyborg webhook list')) await deliveries();
  const out = await runStep(here(step.script), { env, cwd: directory });
  if (step.printed !== undefined) expect(out).toMatch(patternOf(here(step.printed)));
});

it('has the receiver take what is signed, each once, and nothing else', async () => {
  expect(printed).toMatch(/^webhook\.test [0-9a-f-]{36}\nquota\.changed demo\n$/);
  const forged = await fetch(address(), { method: 'POST', body: '{"type":"quota.changed"}' });
  expect(forged.status).toBe(401);
});

it('is told of one that fails, by the doctor and by numbers', { timeout: 60_000 }, async () => {
  const inIt = { env, cwd: directory };
  const nobody = `http://127.0.0.1:${await freePort()}/`;
  await runStep(
    `cyborg webhook create broken ${nobody} --event 'quota.*'\ncyborg quota set demo FPGA=5\n`,
    inIt,
  );
  const metrics = async () => (await fetch(new URL('/metrics', cyborg.url ?? ''))).text();
  const text = await until('it has failed', async () => {
    const now = await metrics();
    return /^cyborg_webhook_failures\{webhook="broken"\} [1-9]/m.test(now) ? now : undefined;
  });
  expect(text).toMatch(/^cyborg_webhook_failing_since_seconds\{webhook="broken"\} 1\d{9}/m);
  expect(text).toContain('cyborg_webhook_enabled{webhook="broken"} 1\n');
  expect(text).toContain('cyborg_webhook_events_lost_total{webhook="broken"} 0\n');
  const said = await runStep('cyborg doctor || true\n', inIt);
  expect(said).toMatch(/webhook broken +fails since .*ECONNREFUSED/);
  expect(said).toContain('cyborg webhook test broken');
  await runStep('cyborg webhook delete broken\n', inIt);
  expect(await metrics()).not.toContain('broken');
});

async function startReceiver(): Promise<void> {
  const started = spawn(process.execPath, ['receiver.mjs'], { cwd: directory });
  receiver = started;
  started.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  await once(started, 'spawn');
  await until(
    'the receiver listens',
    async () => (await fetch(address()).catch(() => undefined)) !== undefined,
  );
}

const deliveries = () => until('the event is delivered', async () => printed.includes('quota.changed'));
