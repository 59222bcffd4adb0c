import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { declareProgram } from '../src/command-line.ts';
import { listCommands } from '../src/completion/command-tree.ts';
import { createCyborgClient } from '../src/index.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** Commands that do something, with their words: `device list`. */
const commands = listCommands(declareProgram(async () => undefined))
  .map(({ path }) => path.join(' '))
  .filter((path, _at, all) => path !== '' && !all.some((other) => other.startsWith(`${path} `)));

/** The code in the first column of the table of commands, row by row. */
const rows = [...readme.matchAll(/^\| (`cyborg .*?) \|/gm)].map(([, cell = '']) =>
  [...cell.matchAll(/`(?:cyborg )?([^`]+)`/g)].map(([, text = '']) => text),
);

/** The command that a piece of code means: what follows the first of a row need not name its noun again. */
function commandOf(text: string, [first = '']: readonly string[]): string {
  const inFull = [text, `${first.split(' ')[0]} ${text}`];
  const isMeant = (command: string) => inFull.some((one) => `${one} `.startsWith(`${command} `));
  return commands.find(isMeant) ?? `no command: ${text}`;
}

describe('the README', () => {
  it('has every command in its table, and no other', () => {
    const named = new Set(rows.flatMap((row) => row.map((text) => commandOf(text, row))));
    expect([...named].sort()).toEqual([...commands].sort());
  });

  it('names every noun of the client', async () => {
    const client = createCyborgClient({ endpoint: 'http://127.0.0.1:9' });
    await client.close();
    const listed = /^- (`hosts`.*?): lists/ms.exec(readme)?.[1] ?? '';
    const nouns = Object.keys(client).filter((name) => name !== 'close');
    expect([...listed.matchAll(/`(\w+)`/g)].map(([, noun]) => noun).sort()).toEqual(nouns.sort());
  });
});
