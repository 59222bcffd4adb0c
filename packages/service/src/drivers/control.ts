import { request } from 'node:http';
import { join } from 'node:path';
import { CyborgError, DriverStatus, type ErrorCode, errorTable } from '@cyborgjs/core';
import { z } from 'zod';

/** What `cyborgd driver …` may ask of the agents that run in the same state directory. */
export const ControlRequest = z.discriminatedUnion('ask', [
  /** How the drivers do. */
  z.strictObject({ ask: z.literal('status') }),
  /** Have the drivers that the list has now. */
  z.strictObject({ ask: z.literal('apply') }),
  /** Let go of a driver; refused while something is attached by it, unless forced. */
  z.strictObject({ ask: z.literal('release'), driver: z.string(), force: z.boolean() }),
  /** Start a driver that does not run. */
  z.strictObject({ ask: z.literal('retry'), driver: z.string() }),
]);
export type ControlRequest = z.output<typeof ControlRequest>;

/** How the drivers of each host do, after what was asked has been done. */
export const ControlAnswer = z.object({
  hosts: z.array(z.object({ host: z.string(), drivers: z.array(DriverStatus) })),
});
export type ControlAnswer = z.output<typeof ControlAnswer>;

const ControlRefusal = z.object({ code: z.string(), message: z.string() });

/** The agent's socket: HTTP, for the owner of the state directory only. */
export const controlSocket = (stateDir: string): string => join(stateDir, 'agent.sock');

/**
 * Asks the agent that runs in a state directory; undefined when none does. Throws what it refused, and
 * `agent.unavailable` when it does not answer.
 */
export async function askAgent(
  stateDir: string,
  asked: ControlRequest,
  timeoutMs = 120_000,
): Promise<ControlAnswer | undefined> {
  const socketPath = controlSocket(stateDir);
  const answered = await post(socketPath, JSON.stringify(asked), timeoutMs).catch(
    (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED') return undefined;
      throw new CyborgError(
        'agent.unavailable',
        `the agent on ${socketPath} did not answer: ${cause.message}`,
        { cause },
      );
    },
  );
  if (answered === undefined) return undefined;
  if (answered.status === 200) return ControlAnswer.parse(JSON.parse(answered.body));
  const { code, message } = ControlRefusal.parse(JSON.parse(answered.body));
  throw new CyborgError(isErrorCode(code) ? code : 'agent.unavailable', message);
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorTable, code);

function post(
  socketPath: string,
  body: string,
  timeoutMs: number,
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const asking = request({
      socketPath,
      agent: false,
      method: 'POST',
      path: '/',
      signal: AbortSignal.timeout(timeoutMs),
    });
    asking.once('error', reject);
    asking.once('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode, body: Buffer.concat(parts).toString('utf8') }),
      );
    });
    asking.end(body);
  });
}
