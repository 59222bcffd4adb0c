import { type ChildProcess, fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';

/** `cyborgd all` in a child process that can be told to kill itself at the nth thing it stores or sends. */
export interface KillableService {
  /** Resolves with the place at which it killed itself, or null when it ended otherwise. */
  readonly ended: Promise<string | null>;
  /** From now on counts what it stores and sends, and dies at the given number. */
  killAt(step: number): Promise<void>;
  ask<Value>(path: string, schema: z.ZodType<Value>, init?: RequestInit): Promise<Value>;
  stop(): Promise<void>;
}

/** Starts one; resolves when its hosts have been scanned. */
export async function startKillableService(configFile: string): Promise<KillableService> {
  const child = fork(new URL('./service-under-kill.ts', import.meta.url), [configFile], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let killedAt: string | null = null;
  child.on('message', (message: { killedAt?: string }) => {
    killedAt = message.killedAt ?? killedAt;
  });
  const ended = new Promise<string | null>((resolve) => child.once('exit', () => resolve(killedAt)));
  const { url, tokenFile } = await messageWith<{ url: string; tokenFile: string }>(child, 'url');
  const token = (await readFile(tokenFile, 'utf8')).trim();
  return {
    ended,
    async killAt(step) {
      const counting = messageWith<{ counting: true }>(child, 'counting');
      child.send({ killAt: step });
      await counting;
    },
    async ask(path, schema, init = {}) {
      const headers = { 'x-auth-token': token, ...init.headers };
      const response = await fetch(new URL(path, url), { ...init, headers });
      const body: unknown = await response.json();
      if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(body)}`);
      return schema.parse(body);
    },
    async stop() {
      child.send({ stop: true });
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
