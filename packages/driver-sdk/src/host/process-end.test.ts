import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  attachRequest,
  failureOf,
  fixturePackage,
  processesOf,
  runningHostOf,
  until,
} from '../../test/host-bench.ts';

// A driver that runs tools has four: its own, its broker's, the tool of that, and one that it started by itself.

interface Agent {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Resolves when it has printed the line. */
  readonly said: (line: string) => Promise<void>;
}

function startAgent(...args: string[]): Agent {
  const script = join(import.meta.dirname, '../../test/agent.ts');
  const child = spawn(process.execPath, ['--conditions=cyborg-source', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, pid: child.pid ?? 0, said: (line) => until(() => lines.includes(line)) };
}

async function killAgent({ child }: Agent): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('when the agent is killed', () => {
  it('its driver ends', async () => {
    const agent = startAgent('slow', 'orphaned', '{"attachMs": 3600000}', 'attach');
    await agent.said('ready');
    expect(await processesOf('orphaned', agent.pid)).toHaveLength(1);
    await killAgent(agent);
    await until(async () => (await processesOf('orphaned', agent.pid)).length === 0);
  });

  it.skipIf(!existsSync('/usr/bin/setpriv'))(
    'its driver ends even when it spins (needs setpriv)',
    async () => {
      const agent = startAgent('spins', 'spinning-orphan', '{}');
      await agent.said('ready');
      const [pid] = await processesOf('spinning-orphan', agent.pid);
      expect(pid).toBeDefined();
      await killAgent(agent);
      await until(async () => (await processesOf('spinning-orphan', agent.pid)).length === 0);
    },
  );

  it('its driver first ends its critical section, and the next agent waits for that', async () => {
    const agent = startAgent('slow', 'flashing-orphan', '{"flashMs": 4000}', 'program');
    await agent.said('critical');
    await killAgent(agent);
    const killedAt = performance.now();
    const next = await runningHostOf('slow', { package: fixturePackage('slow', 'flashing-orphan') });
    expect(performance.now() - killedAt).toBeGreaterThan(2000);
    expect(await processesOf('flashing-orphan', agent.pid)).toEqual([]);
    expect(next.lines.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^waits for process \d+ of an earlier agent, which must not be cut off$/),
    );
  });

  it('tools of its driver are ended by the next agent', async () => {
    const agent = startAgent('runs-tools', 'orphan-with-tools', '{}');
    await agent.said('ready');
    await until(async () => (await processesOf('orphan-with-tools', agent.pid)).length === 4);
    await killAgent(agent);
    await runningHostOf('runs-tools', { package: fixturePackage('runs-tools', 'orphan-with-tools') });
    expect(await processesOf('orphan-with-tools', agent.pid)).toEqual([]);
  });
});

describe('when a driver ends', () => {
  const machine = { kind: 'real', root: '/' } as const;

  it('by itself, its tools end with it, those of its own making too', async () => {
    const { host } = await runningHostOf('runs-tools', { machine, limits: { restartFirstMs: 60_000 } });
    await host.call('discover', {});
    await until(async () => (await processesOf('runs-tools')).length === 4);
    expect(await failureOf(host.call('status', attachRequest()))).toMatchObject({ code: 'unavailable' });
    await until(async () => (await processesOf('runs-tools')).length === 0);
  });

  it('by being stopped, nothing is left of it', async () => {
    const { host } = await runningHostOf('runs-tools', { machine });
    await host.call('discover', {});
    await until(async () => (await processesOf('runs-tools')).length === 4);
    await host.stop();
    expect(await processesOf('runs-tools')).toEqual([]);
  });

  it('by being stopped while it spins, nothing is left of it', async () => {
    const { host } = await runningHostOf('spins', { limits: { silenceMs: 60_000 } });
    const call = failureOf(host.call('discover', {}));
    await host.stop();
    expect(await call).toMatchObject({ code: 'unavailable' });
    expect(await processesOf('spins')).toEqual([]);
  });
});
