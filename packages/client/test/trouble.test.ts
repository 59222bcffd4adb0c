import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aDevice } from './a-device.ts';
import { aHost } from './a-host.ts';
import { cyborgAgainst, serve } from './cyborg-against.ts';
import { cyborgProgram, runCyborg, runProgram } from './run-cyborg.ts';
import { aProblem, startScriptedService } from './scripted-service.ts';

const hosts = [aHost(), aHost({ name: 'sim-node', simulated: true })];

describe.concurrent('trouble', () => {
  it.each([
    [['devcie'], /^error: unknown command 'devcie' \(Did you mean device\?\)\n$/],
    [['device', 'lst'], /^error: unknown command 'lst' \(Did you mean list\?\)\n$/],
    [['device', 'list', '--sate', 'x'], /^error: unknown option '--sate' \(Did you mean --state\?\)\n$/],
    [['device', 'list', '--state', 'x'], /Allowed choices are discovered, .*gone\.\n$/],
    [['device', 'list', '--limit', '-1'], /Expected a whole number above 0\.\n$/],
    [['device', 'ready', 'x:y', '--option', 'z'], /Expected name=value\.\n$/],
    [['--endpoint', 'node-1', 'host', 'list'], /^error: endpoint "node-1" is not a URL/],
    [['--json', '-q', 'host', 'list'], /cannot be used with/],
  ])('%j is refused with 2 and one line', async (args, message) => {
    const run = await runCyborg(args);
    expect(run).toMatchObject({ code: 2, err: expect.stringMatching(message) });
    expect(run.err.trimEnd().split('\n')).toHaveLength(1);
  });

  it('without a service ends with 3 and names the address and the flag', async () => {
    const service = await startScriptedService();
    await service.close();
    const run = await runCyborg(['host', 'list', '--endpoint', service.endpoint]);
    expect(run).toMatchObject({ code: 3, out: '' });
    expect(run.err).toBe(
      `error: no answer of a Cyborg service from ${service.endpoint}/v3/hosts: connection refused; ` +
        'check that cyborgd is running there and that host and port are right, or give another --endpoint\n',
    );
  });

  it('with the token says which one was used and how to give another', async () => {
    const answers = { 'GET /v3/hosts': aProblem(401, 'auth.required', { detail: 'the token is not known' }) };
    const service = await serve({ answers });
    const dir = mkdtempSync(join(tmpdir(), 'cyborg-token-'));
    writeFileSync(join(dir, 'token'), 'stale-token\n');
    const run = await runCyborg(['host', 'list'], {
      CYBORG_ENDPOINT: service.endpoint,
      CYBORG_STATE_DIR: dir,
    });
    rmSync(dir, { recursive: true });
    expect(service.seen[0]?.headers['x-auth-token']).toBe('stale-token');
    expect(run.code).toBe(1);
    expect(run.err).toContain(
      `the token is not known; token used: ${dir}/token; give another with --token-file or CYBORG_TOKEN`,
    );
  });

  it('that passes is waited out as the service asks', async () => {
    const away = aProblem(503, 'store.unavailable', { headers: { 'retry-after': '0' } });
    const run = await cyborgAgainst(
      { hosts, answers: { 'GET /v3/hosts': (count) => (count === 0 ? away : undefined) } },
      ...['host', 'list', '-q'],
    );
    expect(run).toMatchObject({ code: 0, out: 'node-1\nsim-node\n' });
  });

  it('that lasts is told, not waited for', async () => {
    const away = aProblem(503, 'store.unavailable', {
      detail: 'no database',
      headers: { 'retry-after': '3600' },
    });
    const run = await cyborgAgainst({ answers: { 'GET /v3/hosts': away } }, 'host', 'list', '--json');
    expect(run.code).toBe(1);
    expect(run.err).toMatch(/^error: no database; try again in a while \(GET .*503 store.unavailable\)\n$/);
    expect(JSON.parse(run.out)).toEqual({
      error: {
        code: 'store.unavailable',
        status: 503,
        detail: 'no database',
        details: {},
        requestId: 'req-77',
      },
    });
  });

  it('with a proxy is not taken for an answer of the service', async () => {
    const page = {
      status: 502,
      headers: { 'content-type': 'text/html' },
      body: '<h1>502 Bad Gateway</h1>\nnginx',
    };
    const run = await cyborgAgainst({ answers: { 'GET /v3/hosts': page } }, 'host', 'list');
    expect(run.code).toBe(3);
    expect(run.err).toMatch(
      /something else answered, with HTTP 502: 502 Bad Gateway nginx; check the endpoint and/,
    );
    expect(run.err.trimEnd().split('\n')).toHaveLength(1);
  });

  it('shows its request id and origin with --debug only', async () => {
    const answers = { 'GET /v3/hosts': aProblem(403, 'auth.denied', { detail: 'not allowed' }) };
    const [plain, debug] = await Promise.all([
      cyborgAgainst({ answers }, 'host', 'list'),
      cyborgAgainst({ answers }, 'host', 'list', '--debug'),
    ]);
    expect(plain.err).not.toContain('req-77');
    expect(debug.err).toMatch(/request id: req-77\nCyborgApiError: not allowed[\s\S]*\n +at /);
  });

  it('of whoever reads the output is none of ours', async () => {
    const many = Array.from({ length: 900 }, (_item, at) =>
      aDevice({ id: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}` }),
    );
    const service = await serve({ devices: many });
    const pipe = ['sh', '-c', '"$@" | head -c 1', 'sh', ...cyborgProgram, 'device', 'list', '--json'];
    const run = await runProgram(pipe, { CYBORG_ENDPOINT: service.endpoint });
    expect(run).toEqual({ code: 0, out: '[', err: '' });
  });
});
