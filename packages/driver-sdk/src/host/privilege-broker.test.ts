import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Ask } from '../../test/drivers/asks-machine/index.ts';
import { attachRequest, failureOf, type HostBench, runningHostOf, until } from '../../test/host-bench.ts';
import { createRealMachine } from '../machine/create-real-machine.ts';
import { observeMachine, type SeamCall } from '../machine/observe-machine.ts';
import type { AuditEntry } from './audit-entry.ts';
import type { DriverHostOptions } from './driver-host.ts';

interface BrokerBench extends HostBench {
  readonly audited: readonly AuditEntry[];
  ask(...asks: Ask[]): Promise<unknown[]>;
}

async function bench(options: Partial<DriverHostOptions> = {}): Promise<BrokerBench> {
  const audited: AuditEntry[] = [];
  const made = await runningHostOf('asks-machine', {
    audit: (entry) => audited.push(entry),
    ...options,
  });
  mkdirSync(join(made.root, 'tools'));
  const ask = async (...asks: Ask[]): Promise<unknown[]> => {
    const request = { ...attachRequest(), options: { asks: JSON.stringify(asks) } };
    const { info } = await made.host.call('attach', request, { callId: 'call-1' });
    return JSON.parse(info.told ?? '[]') as unknown[];
  };
  return { ...made, audited, ask };
}

function makeTool({ root }: HostBench, body: string): void {
  writeFileSync(join(root, 'tools/tool'), `#!/bin/sh\n${body}\n`);
  chmodSync(join(root, 'tools/tool'), 0o755);
}

describe('the seam on the side of the host', () => {
  it('does writes and tools, and audits each once', async () => {
    const made = await bench({ config: { password: 'hunter22' } });
    makeTool(made, 'echo "$@"; exit 3');
    const args = ['--token', 'abc', '--key=1', 'x-hunter22-y', 'http://me:mine@host/'];
    const [written, ran] = await made.ask(
      { op: 'write', path: '/cards/handle-0', text: 'hunter22\n' },
      { op: 'run', tool: '/tools/tool', args },
    );
    expect(written).toBeNull();
    expect(ran).toEqual({ code: 3, out: `${args.join(' ')}\n`, err: '' });
    expect(readFileSync(join(made.root, 'cards/handle-0'), 'utf8')).toBe('hunter22\n');
    const facts = {
      driver: 'asks-machine',
      callId: 'call-1',
      during: 'attach',
      device: 'card-0',
      dryRun: false,
      ok: true,
      failure: null,
      durationMs: expect.any(Number),
    };
    expect(made.audited).toEqual([
      { ...facts, verb: 'write', path: '/cards/handle-0', realPath: '/cards/handle-0', text: '[secret]\n' },
      {
        ...facts,
        verb: 'run',
        tool: '/tools/tool',
        args: ['--token', '[secret]', '--key=1', 'x-[secret]-y', 'http://me:[secret]@host/'],
        exitCode: 3,
      },
    ]);
  });

  it('follows links before it judges, and audits what it refuses', async () => {
    const made = await bench();
    writeFileSync(join(made.root, 'secret'), 'old');
    symlinkSync('../secret', join(made.root, 'cards/sly'));
    const failure = await failureOf(made.ask({ op: 'write', path: '/cards/sly', text: 'new' }));
    expect(failure).toMatchObject({
      code: 'denied',
      message: 'the driver may not write /cards/sly (/secret)',
    });
    expect(readFileSync(join(made.root, 'secret'), 'utf8')).toBe('old');
    expect(made.audited).toMatchObject([
      { verb: 'write', path: '/cards/sly', ok: false, failure: { code: 'denied' } },
    ]);
  });

  it('runs no tool but those of the manifest, and says which is not installed', async () => {
    const made = await bench();
    const denied = await failureOf(made.ask({ op: 'run', tool: '/bin/sh', args: ['-c', 'id'] }));
    expect(denied).toMatchObject({ code: 'denied' });
    const absent = await failureOf(made.ask({ op: 'run', tool: '/tools/absent' }));
    expect(absent).toMatchObject({ code: 'unsupported', message: '/tools/absent is not installed' });
    expect(made.audited.map(({ failure }) => failure?.code)).toEqual(['denied', 'unsupported']);
  });

  it('tells of each line while the tool runs', async () => {
    const made = await bench();
    makeTool(made, 'echo one; sleep 0.3; echo two');
    const notes: string[] = [];
    const request = {
      ...attachRequest(),
      options: { asks: JSON.stringify([{ op: 'run', tool: '/tools/tool' }]) },
    };
    await made.host.call('attach', request, { onProgress: (_, note) => notes.push(note ?? '') });
    expect(notes).toEqual(['one', 'two']);
  });

  it('ends a tool with its call', async () => {
    const made = await bench();
    makeTool(made, 'echo $$ >"$0.pid"; exec sleep 600');
    const cancel = new AbortController();
    const call = made.host.call(
      'attach',
      { ...attachRequest(), options: { asks: JSON.stringify([{ op: 'run', tool: '/tools/tool' }]) } },
      { signal: cancel.signal },
    );
    const pidFile = join(made.root, 'tools/tool.pid');
    await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8').endsWith('\n'));
    cancel.abort();
    expect(await failureOf(call)).toMatchObject({ code: 'canceled' });
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await until(() => !isRunning(pid));
    expect(made.host.status()).toMatchObject({ state: 'running', restarts: 0 });
    await until(() => made.audited.length === 1);
    expect(made.audited).toMatchObject([{ verb: 'run', ok: false, failure: { code: 'canceled' } }]);
  });

  it('tells the plan of a dry run and does none of it', async () => {
    const made = await bench();
    const asks: Ask[] = [
      { op: 'write', path: '/cards/handle-0', text: 'me' },
      { op: 'read', path: '/cards/handle-0' },
      { op: 'run', tool: '/tools/tool', args: ['-x'] },
    ];
    const plan = await made.host.plan('attach', {
      ...attachRequest(),
      options: { asks: JSON.stringify(asks) },
    });
    expect(readFileSync(join(made.root, 'cards/handle-0'), 'utf8')).toBe('\n');
    expect(plan).toEqual([
      { verb: 'write', path: '/cards/handle-0', text: 'me' },
      { verb: 'run', tool: '/tools/tool', args: ['-x'] },
    ]);
    expect(made.audited).toMatchObject([
      { verb: 'write', path: '/cards/handle-0', dryRun: true },
      { verb: 'run', args: ['-x'], dryRun: true },
    ]);
  });

  it.each(['local', 'remote'] as const)(
    'reads the image to be programmed, and only then: %s',
    async (seam) => {
      const made = await bench({ seam });
      makeTool(made, 'echo 1.0');
      const image = '/images/big.bin';
      mkdirSync(join(made.root, 'images'));
      writeFileSync(join(made.root, image), Buffer.alloc(9 * 2 ** 20, 7));
      const request = { device: attachRequest().device, image, options: { critical: 'no', read: 'image' } };
      expect(await made.host.call('program', request)).toEqual({ version: String(9 * 2 ** 20) });
      const denied = await failureOf(made.ask({ op: 'readBytes', path: image }));
      expect(denied.code).toBe('denied');
    },
  );

  it('keeps the errno of what failed', async () => {
    const made = await bench();
    const failure = await failureOf(made.ask({ op: 'write', path: '/cards/none', text: 'x' }));
    expect(failure).toMatchObject({ code: 'not_found', message: expect.stringMatching(/ENOENT$/) });
  });
});

describe('a machine that is passed to the host', () => {
  it('is asked for everything, reads too', async () => {
    const calls: SeamCall[] = [];
    const { root } = await bench();
    const made = await bench({
      machine: observeMachine(createRealMachine({ root }), { before: (call) => void calls.push(call) }),
    });
    const told = await made.ask(
      { op: 'list', path: '/cards' },
      { op: 'readBytes', path: '/cards/handle-0' },
      { op: 'link', path: '/cards/handle-0' },
      { op: 'resolve', path: '/cards/none' },
    );
    expect(told).toEqual([['handle-0'], { 0: 10 }, null, null]);
    const verbs = calls.map(({ verb }) => verb).filter((verb) => verb !== 'resolve');
    expect(verbs).toEqual(['list', 'readBytes', 'link']);
  });

  it('can have the process killed at exactly one of its calls', async () => {
    const { root } = await bench();
    const made = await bench({ machine: createRealMachine({ root }) });
    const asks: Ask[] = [
      { op: 'read', path: '/cards/handle-0' },
      { op: 'write', path: '/cards/handle-0', text: 'x' },
      { op: 'read', path: '/cards/handle-0' },
    ];
    const calls: string[] = [];
    const call = made.host.call(
      'attach',
      { ...attachRequest(), options: { asks: JSON.stringify(asks) } },
      {
        interpose: (machine) =>
          observeMachine(machine, {
            before: ({ verb }) => void calls.push(verb),
            after: ({ index }) => {
              if (index === 1) process.kill(made.host.processId ?? 0, 'SIGKILL');
            },
          }),
      },
    );
    expect(await failureOf(call)).toMatchObject({ code: 'unavailable', retry: 'now' });
    expect(calls).toEqual(['read', 'write']);
    expect(readFileSync(join(root, 'cards/handle-0'), 'utf8')).toBe('x');
    await until(() => made.host.status().restarts === 1 && made.host.status().state === 'running');
    expect(await made.host.call('status', attachRequest())).toBe('detached');
  });
});

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
