import { type Connection, openConnection } from './connection.ts';

/** What a load is: many clients, each of which does one thing after the other. */
export interface Load {
  readonly port: number;
  readonly connections: number;
  /**
   * The clock runs at least this long, after a third of it has passed to warm up, and until each client has had a turn
   * or two.
   */
  readonly forMs: number;
  /** One turn of a client; its number counts over all clients. */
  readonly turn: (connection: Connection, number: number) => Promise<void>;
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Puts a load on a server. */
export async function putLoad({ port, connections, forMs, turn }: Load): Promise<LoadResult> {
  await warmUp({ port, turn });
  const opened = await Promise.all(Array.from({ length: connections }, () => openConnection(port)));
  const startedAt = performance.now();
  const warmAt = startedAt + forMs / 3;
  const endAt = warmAt + forMs;
  const taken: number[] = [];
  let number = 0;
  let last = warmAt;
  const goesOn = (now: number) => now < endAt || taken.length < connections;
  await Promise.all(
    opened.map(async (connection) => {
      for (let from = performance.now(); goesOn(from); ) {
        number += 1;
        await turn(connection, number);
        const now = performance.now();
        if (from >= warmAt) taken.push(now - from);
        last = now;
        from = now;
      }
    }),
  );
  for (const connection of opened) connection.close();
  taken.sort((a, b) => a - b);
  const at = (share: number) => taken[Math.floor(taken.length * share)] ?? Number.NaN;
  return { perSecond: (taken.length * 1000) / (last - warmAt), p50Ms: at(0.5), p99Ms: at(0.99) };
}

const warmed = new Map<number, number>();
const warmTurns = 1_500;

/** Both servers are measured as they are after a while: the engine translates what it runs often. */
async function warmUp({ port, turn }: Pick<Load, 'port' | 'turn'>): Promise<void> {
  if ((warmed.get(port) ?? 0) >= 2) return;
  warmed.set(port, (warmed.get(port) ?? 0) + 1);
  const connection = await openConnection(port);
  const endAt = performance.now() + warmMs;
  for (let number = 1; number <= warmTurns && performance.now() < endAt; number += 1)
    await turn(connection, number);
  connection.close();
}
const warmMs = 6_000;

/** The turn that sends one of some requests, which must be answered well. */
export function asks(requests: readonly Buffer[]): Load['turn'] {
  return async (connection, number) => {
    const { status } = await connection.ask(requests[number % requests.length] as Buffer);
    if (status < 200 || status > 299) throw new Error(`answered ${status}`);
  };
}
