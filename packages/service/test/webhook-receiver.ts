import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '@cyborgjs/core';

/** A message as it came in. */
export interface ReceivedMessage {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly event: Event;
}

/** What to answer; left out: 204, at once. */
export interface ReceiverAnswer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly afterMs?: number;
}

/** A receiver of webhooks on a port of its own, which keeps all that comes. */
export interface WebhookReceiver {
  readonly url: string;
  readonly received: readonly ReceivedMessage[];
  /** Called with each message and how many have come before it. */
  answer: (message: ReceivedMessage, before: number) => ReceiverAnswer;
  close(): Promise<void>;
}

/** Starts one on loopback. */
export async function startReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedMessage[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const message = { headers: request.headers, body, event: JSON.parse(body) };
    const { status = 204, headers = {}, body: said, afterMs = 0 } = receiver.answer(message, received.length);
    received.push(message);
    if (afterMs > 0) await sleep(afterMs);
    response.writeHead(status, headers).end(said);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/cyborg`,
    received,
    answer: () => ({}),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
