import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startPlacement } from './placement.ts';
import { endProcess, isRunning, processOf, type RunningProcess } from './running-process.ts';

/** A peer that runs in the background. */
interface RunningPeer extends RunningProcess {
  readonly url: string;
}

const usage = `usage: node tools/peers/peers.ts up|down

Starts the real OpenStack services that suites want, in the background, and prints the environment that makes the
suites use them; or ends them. They live in .tmp/peers (CYBORG_PEERS_DIR).`;

const directory = resolve(process.env.CYBORG_PEERS_DIR ?? join(import.meta.dirname, '../../.tmp/peers'));
const placementDirectory = join(directory, 'placement');
const recordFile = join(directory, 'placement.json');

async function up(): Promise<void> {
  const running = await runningPlacement();
  const { url } = running ?? (await launch());
  console.log(`CYBORG_TEST_PLACEMENT_URL=${url}`);
}

async function launch(): Promise<RunningPeer> {
  await rm(placementDirectory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const { pid, url } = await startPlacement({ dir: placementDirectory, detached: true });
  const peer = { ...(await processOf(pid)), url };
  await writeFile(recordFile, JSON.stringify(peer));
  return peer;
}

async function down(): Promise<void> {
  const running = await runningPlacement();
  if (running !== undefined) await endProcess(running);
  await rm(placementDirectory, { recursive: true, force: true });
  await rm(recordFile, { force: true });
}

async function runningPlacement(): Promise<RunningPeer | undefined> {
  const text = await readFile(recordFile, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const peer = JSON.parse(text) as RunningPeer;
  return (await isRunning(peer)) ? peer : undefined;
}

const commands: Readonly<Record<string, () => Promise<void>>> = { up, down };
const command = commands[process.argv[2] ?? ''];
if (command === undefined) {
  console.error(usage);
  process.exitCode = 2;
} else await command();
