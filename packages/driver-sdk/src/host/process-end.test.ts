import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
import { buildMachine, openSimulation, sriovNic } from '../simulator/index.ts';

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

describe('when the agent is killed while a tool runs', () => {
  /** A machine whose tool says `writing` and takes two seconds to leave the file `done`. */
  function machineWithTool(): string {
    const root = mkdtempSync(join(tmpdir(), 'orphaned-tool-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    mkdirSync(join(root, 'tools'));
    const body = `echo writing; sleep 2; echo much; echo more; : >${root}/done`;
    writeFileSync(join(root, 'tools/tool'), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return root;
  }

  it('in a critical section, the tool ends its work, and the next agent waits for that', async () => {
    const root = machineWithTool();
    const agent = startAgent('asks-machine', 'flashing-tool', '{}', 'program', root);
    await agent.said('critical');
    await killAgent(agent);
    expect(existsSync(join(root, 'done'))).toBe(false);
    await runningHostOf('asks-machine', { package: fixturePackage('asks-machine', 'flashing-tool') });
    expect(existsSync(join(root, 'done'))).toBe(true);
    expect(await processesOf('flashing-tool', agent.pid)).toEqual([]);
  });

  it('outside of one, the tool ends at once', async () => {
    const root = machineWithTool();
    const options = '{"critical": "no"}';
    const agent = startAgent('asks-machine', 'orphaned-tool', '{}', 'program', root, options);
    await agent.said('critical');
    await killAgent(agent);
    await until(async () => (await processesOf('orphaned-tool', agent.pid)).length === 0);
    expect(existsSync(join(root, 'done'))).toBe(false);
  });
});

describe('when a driver ends', () => {
  const machine = { kind: 'real', root: '/' } as const;
  // Its driver starts a tool by itself, which Node's permissions would forbid.
  const sandbox = { nodePermissions: false };

  it('by itself, its tools end with it, those of its own making too', async () => {
    const { host } = await runningHostOf('runs-tools', {
      machine,
      sandbox,
      limits: { restartFirstMs: 60_000 },
    });
    await host.call('discover', {});
    await until(async () => (await processesOf('runs-tools')).length === 4);
    expect(await failureOf(host.call('status', attachRequest()))).toMatchObject({ code: 'unavailable' });
    await until(async () => (await processesOf('runs-tools')).length === 0);
  });

  it('by being stopped, nothing is left of it', async () => {
    const { host } = await runningHostOf('runs-tools', { machine, sandbox });
    await host.call('discover', {});
    await until(async () => (await processesOf('runs-tools')).length === 4);
    await host.stop();
    expect(await processesOf('runs-tools')).toEqual([]);
  });

  it('while a tool runs in its critical section, the tool ends its work first', async () => {
    const { host, root } = await runningHostOf('asks-machine');
    mkdirSync(join(root, 'tools'));
    const body = `echo writing; sleep 1; : >${root}/done`;
    writeFileSync(join(root, 'tools/tool'), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    const notes: string[] = [];
    const call = failureOf(
      host.call(
        'program',
        { ...attachRequest(), image: '/image' },
        { onProgress: (_, note) => notes.push(note ?? '') },
      ),
    );
    await until(() => notes.includes('writing'));
    process.kill(host.processId ?? 0, 'SIGKILL');
    expect(await call).toMatchObject({ code: 'unavailable' });
    await until(() => host.status().restarts === 1);
    expect(existsSync(join(root, 'done'))).toBe(true);
  });

  it('while its write blocks, the write ends too', async () => {
    const root = mkdtempSync(join(tmpdir(), 'held-card-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    const address = '0000:17:00.0';
    const simulation = openSimulation(buildMachine({ root, cards: [sriovNic({ address })] }).root);
    const { host } = await runningHostOf('pci-table', { machine: { kind: 'simulated', root } });
    const [card] = await host.call('discover', {});
    const [handle] = card?.deployables[0]?.handles ?? [];
    if (card === undefined || handle === undefined) throw new Error('there is no card with a handle');
    simulation.hold(handle.id);
    const request = { ...attachRequest(), device: { identity: card.identity ?? '', address }, handle };
    const call = failureOf(host.call('attach', request));
    const bound = `/sys/bus/pci/devices/${handle.id}`;
    const before = await simulation.machine.link(`${bound}/driver`);
    await until(async () => (await simulation.machine.read(`${bound}/driver_override`)) === 'vfio-pci\n');
    await host.stop();
    expect(await call).toMatchObject({ code: 'unavailable' });
    simulation.letGo(handle.id);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(before).toBeDefined();
    expect(await simulation.machine.link(`${bound}/driver`)).toBe(before);
  });

  it('by being stopped while it spins, nothing is left of it', async () => {
    const { host } = await runningHostOf('spins', { limits: { silenceMs: 60_000 } });
    const call = failureOf(host.call('discover', {}));
    await host.stop();
    expect(await call).toMatchObject({ code: 'unavailable' });
    expect(await processesOf('spins')).toEqual([]);
  });
});
