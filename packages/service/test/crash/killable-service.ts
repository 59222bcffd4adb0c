import { type ChildProcess, fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { Event, Operation } from '@cyborgjs/core';
import { expect } from 'vitest';
import { z } from 'zod';
import type { Role } from '../../src/roles.ts';
import { until } from '../until.ts';
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

/** What runs as the service; built, where reading its sources takes too long. */
const serviceModule =
  process.env.CYBORG_TEST_SERVICE_UNDER_KILL ?? new URL('./service-under-kill.ts', import.meta.url);

const running = new Set<ChildProcess>();

/** Ends those that a failed test left behind. */
export function endKillableServices(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Starts one, whole or one role of it; resolves when its hosts have been scanned. */
export async function startKillableService(configFile: string, role: Role = 'all'): Promise<KillableService> {
  const child = fork(serviceModule, [configFile, role], {
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
    const hear = (message: Message) => {
      if (key in message) end(() => resolve(message));
    };
    const lose = (code: number | null, signal: NodeJS.Signals | null) =>
      end(() => reject(new Error(`the service ended with ${code ?? signal} before it said ${key}`)));
    const end = (settle: () => void) => {
      child.off('message', hear).off('exit', lose);
      settle();
    };
    child.on('message', hear).on('exit', lose);
  });
}

/** The operation at its end, which is waited for. */
export function endOf(service: KillableService, id: string): Promise<Operation> {
  return until(
    `the end of operation ${id}`,
    async () => {
      const operation = await service.ask(`/v3/operations/${id}?wait=10`, Operation);
      return operation.endedAt === null ? undefined : operation;
    },
    120_000,
  );
}

/** Fails unless the operation has been told to have ended once, in success. */
export async function expectOneEnd(service: KillableService, id: string): Promise<void> {
  const { items } = await service.ask(
    '/v3/events?limit=1000&type=operation.ended',
    z.object({ items: z.array(Event) }),
  );
  const ends = items.filter(({ subject }) => subject === id);
  expect(ends, `ends of operation ${id}`).toMatchObject([{ data: { state: 'succeeded' } }]);
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
