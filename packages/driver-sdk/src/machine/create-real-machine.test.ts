import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DriverError } from '../driver-error.ts';
import type { Machine } from '../machine.ts';
import { createRealMachine } from './create-real-machine.ts';
import { errnoOf } from './driver-error-from-errno.ts';

let root: string;
let machine: Machine;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'real-machine-'));
  mkdirSync(join(root, 'sys/devices/card'), { recursive: true });
  writeFileSync(join(root, 'sys/devices/card/vendor'), '0x10de\n');
  mkdirSync(join(root, 'sys/bus'));
  symlinkSync('../devices/card', join(root, 'sys/bus/card'));
  machine = createRealMachine({ root });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const failure = async (work: Promise<unknown>): Promise<DriverError> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown) => thrown,
  );
  if (!(error instanceof DriverError)) throw new Error(`expected a DriverError, got ${String(error)}`);
  return error;
};

const script = (name: string, body: string): string => {
  const file = join(root, name);
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return `/${name}`;
};

describe('reading', () => {
  it('gives a text as it is and its bytes', async () => {
    expect(await machine.read('/sys/devices/card/vendor')).toBe('0x10de\n');
    expect(await machine.readBytes('/sys/bus/card/vendor')).toEqual(new Uint8Array(Buffer.from('0x10de\n')));
  });

  it('gives undefined for what is absent, and for a path through a file', async () => {
    expect(await machine.read('/sys/none')).toBeUndefined();
    expect(await machine.read('/sys/devices/card/vendor/more')).toBeUndefined();
    expect(await machine.list('/sys/none')).toBeUndefined();
    expect(await machine.link('/sys/none')).toBeUndefined();
    expect(await machine.resolve('/sys/none')).toBeUndefined();
  });

  it('lists sorted, names the last segment of a link, and resolves below its root', async () => {
    writeFileSync(join(root, 'sys/devices/card/class'), '0x030200\n');
    expect(await machine.list('/sys/bus/card')).toEqual(['class', 'vendor']);
    expect(await machine.link('/sys/bus/card')).toBe('card');
    expect(await machine.link('/sys/devices/card/vendor')).toBeUndefined();
    expect(await machine.resolve('/sys/bus/card/vendor')).toBe('/sys/devices/card/vendor');
    expect(await machine.resolve('/')).toBe('/');
  });

  it('says of a directory that it cannot be read, naming path and errno', async () => {
    const error = await failure(machine.read('/sys/devices'));
    expect(error.code).toBe('invalid');
    expect(error.message).toBe('cannot read /sys/devices: EISDIR');
    expect(errnoOf(error)).toBe('EISDIR');
  });

  it('does not leave its root', async () => {
    expect(await machine.read('/../../../etc/hostname')).toBeUndefined();
    symlinkSync('/', join(root, 'out'));
    expect((await failure(machine.resolve('/out'))).code).toBe('denied');
  });

  it.each(['sys/devices', '', '/sys/\0'])('refuses %j, which is no absolute path', async (path) => {
    expect((await failure(machine.read(path))).code).toBe('invalid');
  });
});

describe('writing', () => {
  it('writes one text, newline included, over what is there without cutting it off', async () => {
    await machine.write('/sys/bus/card/vendor', '\n');
    expect(readFileSync(join(root, 'sys/devices/card/vendor'), 'utf8')).toBe('\nx10de\n');
  });

  it('does not make files', async () => {
    const error = await failure(machine.write('/sys/devices/card/none', '1'));
    expect([error.code, errnoOf(error)]).toEqual(['not_found', 'ENOENT']);
  });

  it('refuses an empty text, which would never reach the kernel', async () => {
    expect((await failure(machine.write('/sys/devices/card/vendor', ''))).code).toBe('invalid');
  });

  it('takes the errno of the kernel over', async () => {
    writeFileSync(join(root, 'link'), '');
    rmSync(join(root, 'link'));
    symlinkSync('/dev/full', join(root, 'link'));
    const error = await failure(machine.write('/link', '1'));
    expect([error.code, errnoOf(error), error.retry]).toEqual(['unavailable', 'ENOSPC', 'now']);
  });
});

describe('writing to exact paths', () => {
  const exact = (): Machine => createRealMachine({ root, exactPaths: true });

  it('writes where no link is', async () => {
    await exact().write('/sys/devices/card/vendor', '1');
    expect(readFileSync(join(root, 'sys/devices/card/vendor'), 'utf8')).toBe('1x10de\n');
  });

  it.each([
    ['above the file', '/sys/bus/card/vendor'],
    ['as the file', '/sys/devices/card/alias'],
  ])('refuses a link %s', async (_, path) => {
    symlinkSync('vendor', join(root, 'sys/devices/card/alias'));
    expect((await failure(exact().write(path, '1'))).code).toBe('denied');
    expect(readFileSync(join(root, 'sys/devices/card/vendor'), 'utf8')).toBe('0x10de\n');
  });

  it('does not wait for the reader of a FIFO', async () => {
    execFileSync('mkfifo', [join(root, 'fifo')]);
    expect(errnoOf(await failure(exact().write('/fifo', '1')))).toBe('ENXIO');
  });
});

describe('running a tool', () => {
  it('gives exit status and both outputs, in a clean environment without input', async () => {
    const tool = script('tool', 'cat; echo "$1 $LC_ALL $HOME"; echo bad >&2; exit 3');
    expect(await machine.run(tool, ['a b;c'])).toEqual({ code: 3, out: 'a b;c C \n', err: 'bad\n' });
  });

  it('tells of each line as it comes, the last one without newline too', async () => {
    const lines: string[] = [];
    const tool = script('tool', 'echo one; echo two; printf three');
    await machine.run(tool, [], { onLine: (line) => lines.push(line) });
    expect(lines).toEqual(['one', 'two', 'three']);
  });

  it('gives 128 + signal for a tool that a signal ended', async () => {
    expect((await machine.run(script('tool', 'kill -9 $$'), [])).code).toBe(137);
  });

  it('says unsupported, with a hint, when the tool is absent', async () => {
    const error = await failure(machine.run('/usr/bin/none', []));
    expect(error.code).toBe('unsupported');
    expect(error.hint).toContain('/usr/bin/none');
  });

  it('says denied when the file may not be executed', async () => {
    writeFileSync(join(root, 'plain'), 'text');
    expect((await failure(machine.run('/plain', []))).code).toBe('denied');
  });

  it('ends the whole group after the timeout', async () => {
    const tool = script('tool', 'sleep 600 & echo $! >"$1"; wait');
    const pidFile = join(root, 'pid');
    const error = await failure(machine.run(tool, [pidFile], { timeoutMs: 300 }));
    expect([error.code, error.retry]).toEqual(['timeout', 'later']);
    await expect.poll(() => isRunning(Number(readFileSync(pidFile, 'utf8')))).toBe(false);
  });

  it('ends it on cancel, and at once when it was canceled before', async () => {
    const controller = new AbortController();
    const running = failure(
      machine.run(script('tool', 'echo up; sleep 600'), [], {
        signal: controller.signal,
        onLine: () => controller.abort(),
      }),
    );
    expect((await running).code).toBe('canceled');
    const again = await failure(machine.run('/tool', [], { signal: controller.signal }));
    expect(again.code).toBe('canceled');
  });

  it('does not wait for what a tool left behind', async () => {
    const result = await machine.run(script('tool', 'sleep 600 & echo done'), [], { timeoutMs: 10_000 });
    expect(result).toEqual({ code: 0, out: 'done\n', err: '' });
  });

  it('ends a tool that floods, and does not hand out half an answer', async () => {
    const error = await failure(
      machine.run(script('tool', 'while :; do echo 0123456789; done'), [], { maxOutputBytes: 1000 }),
    );
    expect(error.code).toBe('hardware');
    expect(error.message).toContain('1000 bytes');
  });

  it('fails when the listener does', async () => {
    const onLine = (): void => {
      throw new Error('cannot parse');
    };
    const error = await failure(machine.run(script('tool', 'echo one; sleep 600'), [], { onLine }));
    expect([error.code, (error.cause as Error).message]).toEqual(['internal', 'cannot parse']);
  });
});

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
