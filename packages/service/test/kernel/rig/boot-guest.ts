import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ingredients } from './find-ingredients.ts';
import { buildInitialRamDisk } from './initial-ram-disk.ts';
import { machineArguments } from './machine-arguments.ts';
import type { StoryLine } from './story-line.ts';

/** A story to be told in a guest. */
export interface Story {
  /** `stories/<name>.ts` is what runs. */
  readonly name: string;
  /** Kernel modules that are loaded before it, by the names of modprobe. */
  readonly modules: readonly string[];
  /** Whether it has nothing to show without the kernel's sample modules. */
  readonly needsSamples: boolean;
  /** The guest is switched off after this. */
  readonly timeoutMs: number;
}

/** How a guest's story went. */
export interface StoryResult {
  readonly lines: readonly StoryLine[];
  /** Why it came to no end; undefined when it did. */
  readonly broken: string | undefined;
  /** All that the guest's kernel and programs said. */
  readonly console: string;
  readonly wallMs: number;
}

const here = fileURLToPath(new URL('..', import.meta.url));
const repository = fileURLToPath(new URL('../../../../..', import.meta.url)).replace(/\/$/, '');

/** Boots a machine, has it run a story, and reads what came of it. Leaves nothing behind. */
export async function bootGuest(story: Story, ingredients: Ingredients): Promise<StoryResult> {
  const directory = await mkdtemp(join(tmpdir(), 'cyborg-guest-'));
  try {
    const initialRamDisk = await buildInitialRamDisk(directory, {
      ...ingredients,
      initScript: join(here, 'guest/init.sh'),
      variables: {
        repository,
        kernel: ingredients.kernelDirectory.slice(repository.length + 1),
        story: story.name,
        story_modules: story.modules.join(' '),
      },
    });
    const [console, results] = [join(directory, 'console'), join(directory, 'results')];
    const args = machineArguments({
      kernel: ingredients.kernel,
      initialRamDisk,
      console,
      results,
      monitor: join(directory, 'monitor'),
    });
    const { why, wallMs } = await runMachine(ingredients.qemu, args, story.timeoutMs);
    return { ...(await readResults(results, console, why)), wallMs };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function readResults(
  results: string,
  console: string,
  why: string | undefined,
): Promise<Omit<StoryResult, 'wallMs'>> {
  const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
  const said = (await read(results)).split('\n');
  const lines = said.filter(isStoryLine).map((line) => JSON.parse(line) as StoryLine);
  const hasEnded = lines.some((line) => 'ended' in line);
  const broken = why ?? (hasEnded ? undefined : 'the guest ended before its story did');
  const complaints = said.filter((line) => !isStoryLine(line)).join('\n');
  return { lines, broken, console: `${await read(console)}${complaints}` };
}

/** Whole lines of the reporter's; whatever else is said on standard error stands between them. */
const isStoryLine = (line: string): boolean => /^\{"(name|measured|ended)":.*\}$/.test(line);

function runMachine(
  qemu: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<{ readonly why: string | undefined; readonly wallMs: number }> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = spawn(qemu, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaints = '';
    let why: string | undefined;
    const timer = setTimeout(() => {
      why = `the guest was switched off after ${timeoutMs} ms`;
      child.kill('SIGKILL');
    }, timeoutMs);
    const end = (reason: string | undefined): void => {
      clearTimeout(timer);
      resolve({ why: why ?? reason, wallMs: Math.round(performance.now() - startedAt) });
    };
    child.stderr.on('data', (chunk: Buffer) => {
      complaints += chunk.toString();
    });
    child.once('error', (error) => end(`${qemu}: ${error.message}`));
    child.once('close', (code) =>
      end(code === 0 ? undefined : `QEMU ended with ${code}: ${complaints.trim()}`),
    );
  });
}
