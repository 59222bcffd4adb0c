import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CyborgError } from '@cyborgjs/core';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../../test/test-store.ts';
import { askAgent, type ControlRequest, controlSocket } from './control.ts';
import { openControlServer } from './control-server.ts';

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'control-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true }));
});

it('is asked and answers, for its owner only, also where a killed agent left its socket', async () => {
  writeFileSync(controlSocket(stateDir), '');
  const asked: ControlRequest[] = [];
  const hosts = [{ host: 'h', drivers: [] }];
  const answer = async (request: ControlRequest) => {
    asked.push(request);
    return { hosts };
  };
  const close = await openControlServer({ stateDir, answer, log: silentLog });
  expect(await askAgent(stateDir, { ask: 'retry', driver: 'gpu' })).toEqual({ hosts });
  expect(asked).toEqual([{ ask: 'retry', driver: 'gpu' }]);
  expect(statSync(controlSocket(stateDir)).mode & 0o777).toBe(0o600);
  await close();
  expect(await askAgent(stateDir, { ask: 'status' })).toBeUndefined();
});

it('hands on what the agent refuses', async () => {
  const answer = async () => {
    throw new CyborgError('driver.in_use', 'held');
  };
  onTestFinished(await openControlServer({ stateDir, answer, log: silentLog }));
  await expect(askAgent(stateDir, { ask: 'apply' })).rejects.toMatchObject({
    code: 'driver.in_use',
    message: 'held',
  });
  const nonsense = { ask: 'nonsense' } as unknown as ControlRequest;
  await expect(askAgent(stateDir, nonsense)).rejects.toMatchObject({ code: 'request.invalid' });
});

it('says that an agent does not answer', async () => {
  const deaf = createServer(() => {}).listen(controlSocket(stateDir));
  onTestFinished(() => void deaf.close());
  await expect(askAgent(stateDir, { ask: 'apply' }, 100)).rejects.toMatchObject({
    code: 'agent.unavailable',
  });
});
