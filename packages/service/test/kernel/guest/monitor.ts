import { spawn } from 'node:child_process';
import { openSync, writeSync } from 'node:fs';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { scheduler } from 'node:timers/promises';

/** An event that QEMU told of. */
export interface QemuEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Speaks with a QEMU by its Machine Protocol. */
export interface Monitor {
  /** Rejects with QEMU's own words when it refuses. */
  execute(command: string, args?: object): Promise<unknown>;
  /** All that has been told so far. */
  readonly events: readonly QemuEvent[];
  /** Waits for an event of a device. */
  event(name: string, device: string): Promise<void>;
  close(): void;
}

/** The monitor of the machine that this runs in, by a virtio port: with it a story plugs and pulls its own cards. */
export function openOwnMonitor(): Promise<Monitor> {
  // The port can be opened once only, and a read from it would keep this process from its end.
  const port = openSync('/run/port-monitor', 'r+');
  const reader = spawn('cat', { stdio: [port, 'pipe', 'inherit'] });
  const send = (line: string): void => void writeSync(port, line);
  if (reader.stdout === null) throw new Error('cat has no output');
  return openMonitor(reader.stdout, send, () => reader.kill());
}

/** The monitor of a machine that listens on a socket. */
export async function openMonitorSocket(path: string): Promise<Monitor> {
  for (let tries = 0; ; tries += 1) {
    const socket = createConnection(path);
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (isOpen)
      return openMonitor(
        socket,
        (line) => void socket.write(line),
        () => socket.destroy(),
      );
    if (tries > 150) throw new Error(`nobody listens on ${path}`);
    await scheduler.wait(200);
  }
}

async function openMonitor(
  input: Readable,
  send: (line: string) => void,
  close: () => void,
): Promise<Monitor> {
  const events: QemuEvent[] = [];
  const waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  createInterface({ input }).on('line', (line) => {
    const said = JSON.parse(line) as Record<string, never>;
    if ('event' in said) events.push({ event: said.event ?? '', data: said.data ?? {} });
    else if ('return' in said) waiting.shift()?.resolve(said.return);
    else if ('error' in said)
      waiting.shift()?.reject(new Error((said.error as { readonly desc: string }).desc));
  });
  const execute = (command: string, args: object = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      send(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    });
  await execute('qmp_capabilities');
  return {
    execute,
    events,
    async event(name, device) {
      while (!events.some(({ event, data }) => event === name && data.device === device))
        await scheduler.wait(50);
    },
    close,
  };
}
