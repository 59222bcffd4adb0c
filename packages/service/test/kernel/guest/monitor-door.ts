import { createConnection, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** A socket through which a client reaches the monitor of a machine, and which can do something in between. */
export interface MonitorDoor {
  readonly socket: string;
  /**
   * Does something the next time that this comes by, before it goes on: a command on its way to the machine
   * (`device_add:asked`), the answer to it (`device_add:answered`), or an event (`DEVICE_DELETED`).
   */
  at(moment: string, deed: () => Promise<void>): void;
  close(): void;
}

interface Line {
  readonly execute?: string;
  readonly event?: string;
  readonly id?: number;
}

/** Opens one to the monitor at another socket, for one client at a time. */
export async function openMonitorDoor(socket: string, monitor: string): Promise<MonitorDoor> {
  const deeds = new Map<string, () => Promise<void>>();
  const reach = async (moment: string) => {
    const deed = deeds.get(moment);
    deeds.delete(moment);
    await deed?.();
  };
  const server = createServer((client) => {
    const machine = createConnection(monitor);
    const commands = new Map<number | undefined, string>();
    pass(client, machine, ({ execute = '', id }) => {
      commands.set(id, execute);
      return reach(`${execute}:asked`);
    });
    pass(machine, client, ({ event, id }) => reach(event ?? `${commands.get(id) ?? 'greeting'}:answered`));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return { socket, at: (moment, deed) => void deeds.set(moment, deed), close: () => void server.close() };
}

/** Passes lines on, each when the one before it has been passed. */
function pass(from: Socket, to: Socket, look: (line: Line) => Promise<void>): void {
  let last = Promise.resolve();
  createInterface({ input: from }).on('line', (text) => {
    last = last.then(() => look(JSON.parse(text) as Line)).then(() => void to.write(`${text}\n`));
  });
  from.on('error', () => {}).on('close', () => void last.finally(() => to.destroy()));
}
