import type { DriverFailure } from '@cyborgjs/core';
import { toDriverFailure } from '../driver-error.ts';
import { driverApiVersion } from '../driver-manifest.ts';
import { createDriverHost, type DriverHost } from '../host/driver-host.ts';
import type { HostLimits } from '../host/host-limits.ts';
import type { VerbArgument } from '../host/verb-answers.ts';
import { observeMachine } from '../machine/observe-machine.ts';
import type { Machine } from '../machine.ts';
import type { WatchHint } from '../watch-hint.ts';
import type { Bench } from './bench.ts';
import type { CalledVerb } from './call-driver.ts';
import type { StagedMachine } from './conformance-subject.ts';
import type { SeamUse } from './fault-machine.ts';

/** How a call to a driver in a process of its own ended. */
export type ProcessOutcome =
  | { readonly kind: 'answered'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly failure: DriverFailure };

/** What is done to the driver's process, or to the machine's answer, around one use of the seam. */
export interface Blow {
  /** Before the machine is asked; a throw is its answer. */
  readonly before?: (use: SeamUse) => void | Promise<void>;
  readonly after?: (use: SeamUse) => void | Promise<void>;
  /** A tool that may change the machine has printed a line. */
  readonly duringTool?: () => void;
}

/** A driver in a process of its own, as an agent runs it, on machines of the kit. */
export interface DriverInProcess {
  readonly host: DriverHost;
  /** Works on another machine from now on. */
  use(staged: StagedMachine): void;
  call(verb: CalledVerb, request: unknown, blow?: Blow): Promise<ProcessOutcome>;
  /** Sends its process a signal. */
  signal(name: NodeJS.Signals): void;
  /** Resolves when it runs again, or does not within the time. */
  whenRunning(ms: number): Promise<boolean>;
}

/** Restarts come at once: the kit makes processes die one after another. */
const eager: Partial<HostLimits> = {
  pingEveryMs: 250,
  silenceMs: 4_000,
  cancelGraceMs: 1_000,
  terminateGraceMs: 500,
  restartFirstMs: 5,
  restartMaxMs: 20,
  messagesPerSecond: 1_000_000,
};

interface InProcessOptions {
  readonly limits?: Partial<HostLimits>;
  /** The machine that it finds when it starts. */
  readonly staged?: StagedMachine;
  /** Has its `watch` run, and is told what that sees. */
  readonly onHint?: (hint: WatchHint) => void;
}

/** Starts the driver in a process of its own, has it worked with, and ends it. Answers undefined without a package. */
export async function inProcess<Result>(
  bench: Bench,
  { limits, staged: first, onHint }: InProcessOptions,
  work: (driver: DriverInProcess) => Promise<Result>,
): Promise<Result | undefined> {
  const { package: found, skipsProcesses = false } = bench.subject;
  if (found === undefined || skipsProcesses) return undefined;
  let machine: Machine | undefined = first?.machine;
  const host = createDriverHost({
    package: {
      name: 'under test',
      version: '0.0.0',
      api: driverApiVersion,
      manifest: bench.manifest,
      ...found,
    },
    config: bench.fixture.config,
    machine: delegate(() => machine),
    log: () => {},
    audit: () => {},
    limits: { ...eager, ...limits },
    random: () => 0.5,
    ...(onHint === undefined ? {} : { onHint }),
  });
  await host.start();
  const { state, failure } = host.status();
  if (state !== 'running')
    bench.expect(
      false,
      () =>
        `in a process of its own the driver does not start: ${[failure?.message, ...(failure?.causes ?? [])].join(' < ').slice(0, 600)}`,
    );
  try {
    return await work({
      host,
      use: (staged) => {
        machine = staged.machine;
      },
      call: (verb, request, blow) => callHost(host, { verb, request, blow }),
      signal: (name) => {
        if (host.processId !== undefined) process.kill(host.processId, name);
      },
      whenRunning: (ms) => whenRunning(host, ms),
    });
  } finally {
    await host.stop();
  }
}

async function callHost(
  host: DriverHost,
  { verb, request, blow }: { verb: CalledVerb; request: unknown; blow: Blow | undefined },
): Promise<ProcessOutcome> {
  try {
    const value = await host.call(verb, (request ?? {}) as VerbArgument[CalledVerb], {
      ...(blow === undefined
        ? {}
        : { interpose: (inner: Machine) => observeMachine(telling(inner, blow), blow) }),
    });
    return { kind: 'answered', value };
  } catch (error) {
    return { kind: 'failed', failure: toDriverFailure(error) };
  }
}

function telling(machine: Machine, { duringTool }: Blow): Machine {
  if (duringTool === undefined) return machine;
  return {
    ...machine,
    run: (tool, args, options = {}) => {
      if (options.readOnly === true) return machine.run(tool, args, options);
      const onLine = (line: string): void => {
        options.onLine?.(line);
        duringTool();
      };
      return machine.run(tool, args, { ...options, onLine });
    },
  };
}

async function whenRunning(host: DriverHost, ms: number): Promise<boolean> {
  for (const until = performance.now() + ms; performance.now() < until; ) {
    if (host.status().state === 'running') return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

function delegate(current: () => Machine | undefined): Machine {
  const machine = (): Machine => {
    const now = current();
    if (now === undefined) throw new Error('the kit gave the driver no machine yet');
    return now;
  };
  return {
    read: async (path) => machine().read(path),
    readBytes: async (path, part) => machine().readBytes(path, part),
    list: async (path) => machine().list(path),
    link: async (path) => machine().link(path),
    resolve: async (path) => machine().resolve(path),
    write: async (path, text) => machine().write(path, text),
    run: async (tool, args, options) => machine().run(tool, args, options),
    invoke: async (use, options) => machine().invoke(use, options),
  };
}

/** How a call ended, as the end of a sentence whose subject is the verb. */
export function describeProcessOutcome(outcome: ProcessOutcome): string {
  if (outcome.kind === 'answered') return `answered ${JSON.stringify(outcome.value)?.slice(0, 300)}`;
  const { code, message, causes } = outcome.failure;
  return `failed with ${code}: ${[message, ...causes].join(' < ').slice(0, 600)}`;
}
