import { setTimeout as sleep } from 'node:timers/promises';
import { Operation } from '@cyborgjs/core';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { StoredOperation } from '../store/operation.ts';
import type { ApiContext } from './api-components.ts';

type Watched = Pick<ApiContext, 'store' | 'closing'>;

const lookIntervalMs = 500;

/** How many looks without news go by before a line is sent that keeps proxies from giving the connection up. */
const looksPerSignOfLife = 30;

/** The operation when it has ended, or as it is when one of the signals comes first. Throws `operation.not_found`. */
export async function awaitEnd(
  context: Watched,
  id: string,
  until: readonly AbortSignal[],
): Promise<StoredOperation> {
  let latest = await context.store.operations.get(id);
  for await (const operation of looks(context, id, until)) latest = operation;
  return latest;
}

/** An operation as server-sent events, one for each change, until it has ended or a signal comes. */
export async function* operationFrames(
  context: Watched,
  id: string,
  until: readonly AbortSignal[],
): AsyncGenerator<string> {
  let seen = -1;
  let quiet = 0;
  for await (const operation of looks(context, id, until)) {
    quiet = operation.version === seen ? quiet + 1 : 0;
    seen = operation.version;
    if (quiet === 0) yield frameOf(operation);
    else if (quiet % looksPerSignOfLife === 0) yield ': no news\n\n';
  }
}

/** A signal that comes when the caller has hung up. */
export function clientGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}

/**
 * Looks at an operation again and again until it has ended. The store is asked, not listened to: the news may have
 * been written by another process.
 */
async function* looks(
  { store, closing }: Watched,
  id: string,
  until: readonly AbortSignal[],
): AsyncGenerator<StoredOperation> {
  const signal = AbortSignal.any([closing, ...until]);
  while (!signal.aborted) {
    const operation = await store.operations.get(id);
    yield operation;
    if (operation.endedAt !== null) return;
    await sleep(lookIntervalMs, undefined, { signal }).catch(() => undefined);
  }
}

function frameOf(operation: StoredOperation): string {
  const data = JSON.stringify(z.encode(Operation, operation));
  return `event: operation\nid: ${operation.version}\ndata: ${data}\n\n`;
}
