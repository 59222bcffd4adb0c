import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { explainInstall } from './explain-install.mjs';
import { installEnvironment } from './install.mjs';
import { hashOf, runtimeOf } from './workplace.mjs';

const directories = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});
const aDirectory = () => {
  const directory = mkdtempSync(join(tmpdir(), 'cyborg-run-'));
  directories.push(directory);
  return directory;
};

describe('the bootstrap', () => {
  it.each([
    [{ code: 1, output: 'write failed: ENOSPC: no space left on device' }, /disk is full/],
    [{ code: 1, output: 'getaddrinfo EAI_AGAIN somewhere' }, /could not be reached/],
    [{ code: 1, output: 'ERR_PNPM_OUTDATED_LOCKFILE  Cannot install' }, /does not belong/],
    [{ code: 1, output: "EACCES: permission denied, mkdir '/x'" }, /may not be written/],
    [{ code: 127, output: 'spawn npx ENOENT' }, /no npx/],
    [{ code: 9, output: 'something new' }, /ended with code 9/],
  ])('explains a failed installation and says what to do: %o', (result, message) => {
    const explained = explainInstall(result);
    expect(explained.message).toMatch(message);
    expect(explained.remedy).not.toBe('');
  });

  it('tries again only when the registry was the trouble', () => {
    expect(explainInstall({ code: 1, output: 'ETIMEDOUT' }).mayPass).toBe(true);
    expect(explainInstall({ code: 1, output: 'ENOSPC after ETIMEDOUT' }).mayPass).toBe(false);
  });

  it('installs development dependencies whatever the environment says, and asks nothing', () => {
    const env = installEnvironment({
      PATH: '/bin',
      NODE_ENV: 'production',
      npm_config_omit: 'dev',
      HTTPS_PROXY: 'p',
    });
    expect(env).toMatchObject({ PATH: '/bin', HTTPS_PROXY: 'p', CI: '1', npm_config_yes: 'true' });
    expect(env).not.toHaveProperty('NODE_ENV');
    expect(env).not.toHaveProperty('npm_config_omit');
  });

  it('tells a changed file, and a renamed one, by the hash', () => {
    const root = aDirectory();
    const workplace = runtimeOf(`file://${root}/`);
    writeFileSync(join(root, 'a'), '1');
    writeFileSync(join(root, 'b'), '1');
    const before = hashOf(workplace, ['a']);
    expect(hashOf(workplace, ['a'])).toBe(before);
    expect(hashOf(workplace, ['b'])).not.toBe(before);
    writeFileSync(join(root, 'a'), '2');
    expect(hashOf(workplace, ['a'])).not.toBe(before);
  });

  it('refuses an unknown task and names the known ones', async () => {
    const script = new URL('../run.mjs', import.meta.url).pathname;
    const { code, stderr } = await new Promise((resolve) => {
      execFile(process.execPath, [script, 'fly'], (error, _stdout, text) =>
        resolve({ code: error?.code, stderr: text }),
      );
    });
    expect(code).toBe(1);
    expect(stderr).toContain('There is no task "fly"');
    expect(stderr).toContain('start, test');
  });
});

describe('the command line of a tool', () => {
  const tool = (...args) =>
    new Promise((resolve) => {
      const file = new URL('../gate/ok.ts', import.meta.url).pathname;
      execFile(process.execPath, [file, ...args], (error, out, err) =>
        resolve({ code: error?.code ?? 0, out, err }),
      );
    });

  it('tells by --help what the head of its file says', async () => {
    const { code, out } = await tool('--help');
    expect(code).toBe(0);
    expect(out).toMatch(/^The gate: everything that must hold[^/]+npm run ok -- --all[^/]+$/);
  });

  it.each([
    [['--nonsense'], "Unknown option '--nonsense'"],
    [['fly'], 'there is no part "fly"; there are schemas, '],
  ])('is refused with 2 where it cannot be followed: %s', async (args, why) => {
    const { code, err } = await tool(...args);
    expect(code).toBe(2);
    expect(err).toContain(why);
    expect(err).not.toMatch(/^ +at /m);
  });
});

describe('commands in one place', () => {
  /** A process that takes its turn there, says so, and keeps it until a line comes. */
  const aCommand = (root) => {
    const module = new URL('./take-turn.mjs', import.meta.url).href;
    const body = `import { takeTurn } from ${JSON.stringify(module)};
      const endTurn = await takeTurn({ root: ${JSON.stringify(root)} }, () => console.log('waits'));
      console.log('has it');
      process.stdin.once('data', () => { endTurn(); console.log('ended'); process.stdin.destroy(); });`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', body], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return { child, says: async () => (await lines.next()).value };
  };

  it('install and build one after the other, and say that they wait', async () => {
    const root = aDirectory();
    const first = aCommand(root);
    expect(await first.says()).toBe('has it');
    const elsewhere = aCommand(aDirectory());
    expect(await elsewhere.says()).toBe('has it');
    const second = aCommand(root);
    expect(await second.says()).toBe('waits');
    first.child.stdin.write('\n');
    expect(await second.says()).toBe('has it');
    for (const { child } of [second, elsewhere]) child.stdin.write('\n');
    expect(await once(second.child, 'exit')).toEqual([0, null]);
  });

  it('go on when the one before was killed', async () => {
    const root = aDirectory();
    const [first, second] = [aCommand(root), aCommand(root)];
    const said = await Promise.all([first.says(), second.says()]);
    expect([...said].sort()).toEqual(['has it', 'waits']);
    const [holder, waiting] = said[0] === 'has it' ? [first, second] : [second, first];
    holder.child.kill('SIGKILL');
    expect(await waiting.says()).toBe('has it');
    waiting.child.stdin.end('\n');
  });
});

describe('a program in the foreground', () => {
  const script = (root, body) => {
    const child = new URL('./child.mjs', import.meta.url).href;
    writeFileSync(join(root, 'program.mjs'), body);
    writeFileSync(
      join(root, 'outer.mjs'),
      `import { runForeground } from ${JSON.stringify(child)};
       process.exitCode = await runForeground(
         { root: ${JSON.stringify(root)}, env: process.env, node: process.execPath }, ['program.mjs']);`,
    );
    return spawn(process.execPath, [join(root, 'outer.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  };

  it('gets SIGINT once and passes its own exit status on', async () => {
    const outer = script(
      aDirectory(),
      `let count = 0;
       process.on('SIGINT', () => { count += 1; setTimeout(() => process.exit(count === 1 ? 7 : 8), 300); });
       setInterval(() => {}, 1000);
       console.log('ready');`,
    );
    await once(outer.stdout, 'data');
    outer.kill('SIGINT');
    outer.kill('SIGINT');
    expect(await once(outer, 'exit')).toEqual([7, null]);
  });

  it('gives 128 and the number of the signal that ended it', async () => {
    const outer = script(aDirectory(), `process.kill(process.pid, 'SIGKILL');`);
    expect(await once(outer, 'exit')).toEqual([137, null]);
  });
});
