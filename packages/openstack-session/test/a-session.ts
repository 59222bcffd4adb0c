import { onTestFinished } from 'vitest';
import { createSession, noAuth, type SessionOptions, type SessionRequest } from '../src/index.ts';
import { type Script, type SeenRequest, startScriptedServer } from './scripted-server.ts';

/**
 * A session against a server that answers as told, both closed when the test is over; waits between attempts are
 * noted instead of waited.
 */
export async function aSession(
  answer: (request: SeenRequest, index: number) => Script,
  options: Partial<SessionOptions> = {},
) {
  const server = await startScriptedServer(answer);
  const waits: number[] = [];
  const session = createSession({
    auth: noAuth({ endpoint: `${server.url}/prefix/`, token: 'secret-token' }),
    sleep: async (ms) => {
      waits.push(ms);
    },
    random: () => 0.5,
    ...options,
  });
  // Those who come first are closed last: the session has nothing under way when the server goes.
  onTestFinished(() => server.close());
  onTestFinished(() => session.close());
  const get = (more: Partial<SessionRequest> = {}) =>
    session.request({ service: 'placement', method: 'GET', path: '/things', ...more });
  return { server, session, waits, get };
}
