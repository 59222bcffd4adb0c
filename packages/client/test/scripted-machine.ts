import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';

/** What a machine does of QEMU's Machine Protocol: it has these devices, and takes no other or any other. */
export interface ScriptedMachine {
  readonly devices: readonly string[];
  /** Why it takes none; it takes any when this is left out. */
  readonly refuses?: string;
}

interface Command {
  readonly execute: string;
  readonly arguments: { readonly id?: string };
  readonly id: number;
}

const endings: (() => void)[] = [];
afterAll(() => {
  for (const end of endings) end();
});

/** Listens as a QEMU does until the test file ends; the path of its socket. */
export async function startScriptedMachine({ devices, refuses }: ScriptedMachine): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'cyborg-machine-'));
  const plugged = new Set(devices);
  const server = createServer((socket) => {
    const say = (line: object) => void socket.write(`${JSON.stringify(line)}\n`);
    say({ QMP: { version: {}, capabilities: [] } });
    createInterface({ input: socket }).on('line', (text) => {
      const { execute, arguments: { id: device = '' } = {}, id } = JSON.parse(text) as Command;
      if (execute === 'device_add' && refuses !== undefined)
        return say({ id, error: { class: 'GenericError', desc: refuses } });
      if (execute === 'device_add') plugged.add(device);
      say({ id, return: execute === 'qom-list' ? [...plugged].map((name) => ({ name })) : {} });
      if (execute === 'device_del' && plugged.delete(device))
        say({ event: 'DEVICE_DELETED', data: { device } });
    });
  });
  const path = join(directory, 'qmp');
  await once(server.listen(path), 'listening');
  endings.push(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });
  return path;
}
