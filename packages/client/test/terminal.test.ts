import { spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { aDevice } from './a-device.ts';
import { anOperation } from './an-operation.ts';
import { posts, serve } from './cyborg-against.ts';
import { type CyborgRun, cyborgProgram, startProgram } from './run-cyborg.ts';

// util-linux's script(1) gives a program a terminal of its own.
const hasScript = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '');
/** Control sequence introducer of ECMA-48. */
const csi = '\x1b[';

interface OnTerminal {
  readonly columns: number;
  readonly endpoint: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** What is typed when the command asks something. */
  readonly answer?: string;
}

function cyborgOnTerminal(
  args: readonly string[],
  { columns, endpoint, environment, answer }: OnTerminal,
): Promise<CyborgRun> {
  const words = [...cyborgProgram, ...args].map((word) => `'${word}'`).join(' ');
  const { child, ended } = startProgram(
    ['script', '--quiet', '--return', '--command', `stty cols ${columns}; ${words}`, '/dev/null'],
    { CYBORG_ENDPOINT: endpoint, TERM: 'xterm-256color', ...environment },
    answer === undefined ? 'ignore' : 'pipe',
  );
  let seen = '';
  child.stdout?.on('data', (text: Buffer) => {
    if (answer === undefined || seen.includes('Go on?')) return;
    seen += text.toString();
    if (seen.includes('Go on?')) child.stdin?.write(answer);
  });
  return ended;
}

describe.skipIf(!hasScript)('on a terminal (needs script of util-linux)', () => {
  const device = aDevice({ model: 'A model with a name that no terminal has room for', simulated: true });

  it('tables fit the width and are coloured', async () => {
    const { endpoint } = await serve({ devices: [device] });
    const run = await cyborgOnTerminal(['device', 'list'], { columns: 90, endpoint });
    expect(run.code).toBe(0);
    expect(run.out).toContain(`${csi}32mready`);
    const lines = stripVTControlCharacters(run.out).split('\r\n');
    expect(lines[1]).toMatch(/^3f2a91c0 .*… .* simulated$/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(90);
  });

  it('NO_COLOR takes the colours away', async () => {
    const { endpoint } = await serve({ devices: [device] });
    const run = await cyborgOnTerminal(['device', 'list'], {
      columns: 90,
      endpoint,
      environment: { NO_COLOR: '1' },
    });
    expect(run.out).toContain('ready');
    expect(run.out).not.toContain(csi);
  });

  it('waiting draws a bar in place and leaves only the end behind', async () => {
    const running = anOperation();
    const done = anOperation({ state: 'succeeded', progress: 1 });
    const { endpoint } = await serve({ operations: [[running, running, done]] });
    const run = await cyborgOnTerminal(['operation', 'watch', running.id], { columns: 80, endpoint });
    expect(run.code).toBe(0);
    expect(run.out).toContain('########------------   42 %  making virtual fun…\r\n');
    const afterErasing = run.out.slice(run.out.lastIndexOf(`${csi}1A${csi}J`));
    expect(stripVTControlCharacters(afterErasing)).toBe('install node-1 device 3f2a91c0: done\r\n');
  });

  const asking = async (answer: string) => {
    const fresh = aDevice({ state: 'discovered' });
    const answers = { [`POST /v3/devices/${fresh.id}/ready`]: { status: 202, body: anOperation() } };
    const service = await serve({ devices: [fresh, aDevice({ id: otherId })], answers });
    const args = ['device', 'ready', '--host', '*', '--no-wait'];
    const run = await cyborgOnTerminal(args, { columns: 90, endpoint: service.endpoint, answer });
    return { ...run, out: stripVTControlCharacters(run.out), posted: posts(service) };
  };
  const otherId = '3f2a91c0-0000-4000-8000-000000000002';

  it('asks before it does something to all devices that fit, and takes a yes', async () => {
    const run = await asking('y');
    expect(run).toMatchObject({ code: 0, posted: [expect.stringContaining('/ready')] });
    expect(run.out).toMatch(
      /ready *\r\n.*nothing: it is ready\r\nready: 1 device; 1 is left alone\r\n[\s\S]*Go on\?/,
    );
    expect(run.out).toContain('begun as operation');
  });

  it('does nothing after a no, which is the answer of whoever only presses return', async () => {
    const run = await asking('\r');
    expect(run).toMatchObject({ code: 130, posted: [] });
    expect(run.out).toContain('Nothing was done.');
  });
});
