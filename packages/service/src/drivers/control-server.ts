import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { isCyborgError } from '@cyborgjs/core';
import type { Logger } from 'pino';
import { type ControlAnswer, ControlRequest, controlSocket } from './control.ts';

interface ControlServerInit {
  readonly stateDir: string;
  readonly answer: (asked: ControlRequest) => Promise<ControlAnswer>;
  readonly log: Logger;
}

const largestBody = 65_536;

/**
 * Listens for `cyborgd driver …` on a socket in the state directory, which only its owner and root can open. The
 * claim on that directory makes it safe to take the place of a socket that a killed process left. Gives back what
 * closes it. A socket that cannot be opened is told in the log and costs nothing else.
 */
export async function openControlServer({
  stateDir,
  answer,
  log,
}: ControlServerInit): Promise<() => Promise<void>> {
  const path = controlSocket(stateDir);
  const server = createServer(async (request, response) => {
    const { status, body } = await handle(request, answer, log);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  try {
    rmSync(path, { force: true });
    await listen(server, path);
    chmodSync(path, 0o600);
  } catch (error) {
    log.warn(
      { err: error, path },
      '"cyborgd driver" cannot reach this agent: its changes count from the next start on',
    );
    return async () => {};
  }
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}

async function handle(
  request: IncomingMessage,
  answer: ControlServerInit['answer'],
  log: Logger,
): Promise<{ readonly status: number; readonly body: unknown }> {
  try {
    const asked = ControlRequest.safeParse(JSON.parse(await readBody(request)));
    if (!asked.success) return refusal('request.invalid', asked.error.message);
    return { status: 200, body: await answer(asked.data) };
  } catch (error) {
    if (isCyborgError(error)) return refusal(error.code, error.message);
    log.error({ err: error }, 'a request on the socket of the agent failed');
    return refusal('request.invalid', String(error));
  }
}

const refusal = (code: string, message: string) => ({ status: 400, body: { code, message } });

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > largestBody) throw new Error('the body is too large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
}
