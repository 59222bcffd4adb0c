import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { threadId } from 'node:worker_threads';
import { DriverError } from '../../driver-error.ts';
import { errnoOf } from '../../machine/driver-error-from-errno.ts';

const patienceMs = 30_000;
const pauseMs = 2;
const free = 'free';

/**
 * Does work while no other process does, and gives way to nobody: the work is synchronous. A holder that was
 * killed is noticed and passed over.
 *
 * The lock is a file whose name is numbered; the highest number counts, and it never goes. Taking it means making
 * the next number, which the file system lets only one process do, so of two that see the same dead holder one
 * succeeds.
 */
export function withTreeLock<Result>(directory: string, work: () => Result): Result {
  const mine = `${directory}/owner-${process.pid}-${threadId}`;
  putNew(mine, String(process.pid));
  const number = take(directory, mine);
  try {
    return work();
  } finally {
    released.set(directory, number);
    // The same file as the lock, under its other name.
    writeFileSync(mine, free);
    unlinkSync(mine);
  }
}

/** Makes a file where none may be: one that is there is another name of the lock of somebody who was killed. */
function putNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') mkdirSync(dirname(file), { recursive: true });
    else if (errnoOf(error) === 'EEXIST') unlinkSync(file);
    else throw error;
    writeFileSync(file, text, { flag: 'wx' });
  }
}

/** The number under which this process had each lock last. */
const released = new Map<string, number>();

/** Takes the lock; answers with its number. */
function take(directory: string, mine: string): number {
  // Mostly nobody else has had it since, and then there is nothing to look up.
  const last = released.get(directory);
  if (last !== undefined && claim(directory, mine, last + 1)) return last + 1;
  for (let waitedMs = 0; waitedMs <= patienceMs; waitedMs += pauseMs) {
    const numbers = lockNumbers(directory);
    const highest = numbers.at(-1);
    if (highest === undefined || !isHeld(`${directory}/lock-${highest}`)) {
      const next = (highest ?? 0) + 1;
      if (claim(directory, mine, next)) return next;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
  }
  throw new DriverError(
    'unavailable',
    `the simulated machine stayed locked for ${patienceMs} ms: ${directory}`,
    {
      hint: 'Another process holds it; remove the lock files there if none does.',
    },
  );
}

function lockNumbers(directory: string): number[] {
  return readdirSync(directory)
    .map((name) => /^lock-(\d+)$/.exec(name)?.[1])
    .filter((number) => number !== undefined)
    .map(Number)
    .sort((left, right) => left - right);
}

function isHeld(lock: string): boolean {
  let owner: string;
  try {
    owner = readFileSync(lock, 'utf8');
  } catch {
    // It was passed over just now: look again.
    return true;
  }
  return owner !== free && isAlive(Number(owner));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

function claim(directory: string, mine: string, number: number): boolean {
  const lock = `${directory}/lock-${number}`;
  try {
    linkSync(mine, lock);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
  const numbers = lockNumbers(directory);
  // The number may be one that was taken, given back and swept away since it was looked up.
  const isNewest = numbers.at(-1) === number;
  for (const other of numbers) {
    if (isNewest ? other < number : other === number) rmSync(`${directory}/lock-${other}`, { force: true });
  }
  return isNewest;
}
