import { type ChildProcess, fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import type { Role } from '../../src/roles.ts';
import type { Order, Step, Wanted } from './service-under-kill.ts';

/** `cyborgd` in a child process that can be told to kill itself at a step of its work. */
export interface KillableService {
  /** Resolves when the process has ended: true when a signal ended it. */
  readonly ended: Promise<boolean>;
  /** From now on counts its steps, and dies at the given one. */
  watch(step: Step | null): Promise<void>;
  /** How often it came to each place since it was told to watch. */
  counts(): Promise<ReadonlyMap<string, number>>;
  ask<Value>(path: string, schema: z.ZodType<Value>, init?: RequestInit): Promise<Value>;
  /** Asks for an operation; its id. */
  start(wanted: Wanted): Promise<string>;
  stop(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Ends those that a failed test left behind. */
export function endKillableServices(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Starts one, whole or one role of it; resolves when its hosts have been scanned. */
export async function startKillableService(configFile: string, role: Role = 'all'): Promise<KillableService> {
  const child = fork(new URL('./service-under-kill.ts', import.meta.url), [configFile, role], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  // A process that dies meanwhile need not hear it.
  const tell = (order: Order) => child.send(order, () => {});
  const ended = new Promise<boolean>((resolve) =>
    child.once('exit', (_code, signal) => resolve(signal !== null)),
  );
  const { url, tokenFile } = await messageWith<{ url: string | null; tokenFile: string | null }>(
    child,
    'url',
  );
  // Where Keystone gives tokens out, there is none of our own.
  const token = tokenFile === null ? '' : (await readFile(tokenFile, 'utf8')).trim();
  return {
    ended,
    async watch(step) {
      const watching = messageWith<{ watching: true }>(child, 'watching');
      tell({ watch: step });
      await watching;
    },
    async counts() {
      const answer = messageWith<{ counts: [string, number][] }>(child, 'counts');
      tell({ tellCounts: true });
      return new Map((await answer).counts);
    },
    async ask(path, schema, init = {}) {
      const headers = { 'x-auth-token': token, ...init.headers };
      const response = await fetch(new URL(path, url ?? undefined), { ...init, headers });
      const body: unknown = await response.json();
      if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(body)}`);
      return schema.parse(body);
    },
    async start(wanted) {
      const started = messageWith<{ started: string }>(child, 'started');
      tell({ start: wanted });
      return (await started).started;
    },
    async stop() {
      if (child.connected) tell({ stop: true });
      await ended;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function messageWith<Message extends object>(
  child: ChildProcess,
  key: keyof Message & string,
): Promise<Message> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the service ended with ${code} before it said ${key}`)));
    child.on('message', (message: Message) => {
      if (key in message) resolve(message);
    });
  });
}

/**
 * Steps to be killed at: the first time that it comes to each place, and one in the middle; every one of them where
 * `CYBORG_TEST_EVERY_KILL=1` asks for that.
 *
 * @param counts how often it comes to each place
 */
export function stepsToKillAt(places: readonly string[], counts: ReadonlyMap<string, number>): Step[] {
  return places.flatMap((place) => {
    const times = counts.get(place) ?? 1;
    const all = Array.from({ length: times }, (_, index) => index + 1);
    const chosen = process.env.CYBORG_TEST_EVERY_KILL === '1' ? all : [...new Set([1, Math.ceil(times / 2)])];
    return chosen.map((time): Step => ({ place, time }));
  });
}
