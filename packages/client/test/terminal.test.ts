import { spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { aDevice } from './a-device.ts';
import { anOperation } from './an-operation.ts';
import { serve } from './cyborg-against.ts';
import { type CyborgRun, cyborgProgram, runProgram } from './run-cyborg.ts';

// util-linux's script(1) gives a program a terminal of its own.
const hasScript = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '');
/** Control sequence introducer of ECMA-48. */
const csi = '\x1b[';

interface OnTerminal {
  readonly columns: number;
  readonly endpoint: string;
  readonly environment?: NodeJS.ProcessEnv;
}

function cyborgOnTerminal(
  args: readonly string[],
  { columns, endpoint, environment }: OnTerminal,
): Promise<CyborgRun> {
  const words = [...cyborgProgram, ...args].map((word) => `'${word}'`).join(' ');
  return runProgram(
    ['script', '--quiet', '--return', '--command', `stty cols ${columns}; ${words}`, '/dev/null'],
    {
      CYBORG_ENDPOINT: endpoint,
      TERM: 'xterm-256color',
      ...environment,
    },
  );
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
});
