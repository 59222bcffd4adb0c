import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCyborg, runProgram } from './run-cyborg.ts';

const has = (program: string) => spawnSync(program, ['--version']).status === 0;

let directory: string;
const scripts = new Map<string, string>();
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cyborg-completion-'));
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, out } = await runCyborg(['completion', shell]);
    expect(code).toBe(0);
    const file = join(directory, `cyborg.${shell}`);
    writeFileSync(file, out);
    scripts.set(shell, file);
  }
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What each shell must offer after a line: some words that are there, and some that are not. */
const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['cyborg d', ['device', 'driver', 'discover', 'doctor'], ['host']],
  ['cyborg device ', ['list', 'ready'], ['wizard']],
  ['cyborg device list --st', ['--state'], ['--vendor']],
  ['cyborg device list --state in', ['installing', 'install_failed'], ['ready']],
  ['cyborg --token device flavor ', ['wizard'], ['list']],
  ['cyborg --json device list --state=x --wa', ['--watch'], []],
  ['cyborg completion ', ['bash', 'zsh', 'fish'], []],
];

function expectOffer(out: string, offered: readonly string[], others: readonly string[]): void {
  const words = out.split('\n').map((line) => line.split('\t')[0]);
  expect(words).toEqual(expect.arrayContaining([...offered]));
  for (const other of others) expect(words).not.toContain(other);
}

describe.skipIf(!has('bash'))('bash (skipped where it is not)', () => {
  it.each(cases)('after "%s"', async (line, offered, others) => {
    const script = `source ${scripts.get('bash')}
      COMP_WORDS=(${line}); [[ ${JSON.stringify(line)} == *' ' ]] && COMP_WORDS+=('')
      COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _cyborg; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { out, err } = await runProgram(['bash', '--norc', '-c', script]);
    expect(err).toBe('');
    expectOffer(out, offered, others);
  });
});

describe.skipIf(!has('fish'))('fish (skipped where it is not)', () => {
  it.each(cases)('after "%s"', async (line, offered, others) => {
    const script = `source ${scripts.get('fish')}; complete -C ${JSON.stringify(line)}`;
    const { out, err } = await runProgram(['fish', '--no-config', '-c', script], { HOME: directory });
    expect(err).toBe('');
    expectOffer(out, offered, others);
  });
});

describe.skipIf(!has('zsh'))('zsh (skipped where it is not)', () => {
  it.each(cases)('after "%s"', async (line, offered, others) => {
    // The completion system works in its own editor only; what it would show is printed in its place.
    const script = `
      compdef() { : }
      _describe() { print -l -- "\${(@P)2}" }
      _files() { : }
      source ${scripts.get('zsh')}
      words=(${line}); [[ ${JSON.stringify(line)} == *' ' ]] && words+=('')
      CURRENT=$#words
      _cyborg`;
    const { out, err } = await runProgram(['zsh', '-f', '-c', script]);
    expect(err).toBe('');
    const last = line.split(' ').at(-1) ?? '';
    const fitting = out.split('\n').map((text) => text.replace(/:.*/, ''));
    expectOffer(fitting.filter((word) => word.startsWith(last)).join('\n'), offered, others);
  });
});
