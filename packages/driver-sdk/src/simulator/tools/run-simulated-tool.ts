import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { canceled, timedOut, tooLoud, toolMissing } from '../../machine/tool-errors.ts';
import { usualMaxOutputBytes, usualRunTimeoutMs } from '../../machine/tool-process.ts';
import type { RunOptions, RunResult } from '../../machine.ts';
import { enterKernel, type Kernel, KernelError } from '../kernel/kernel.ts';
import type { TreeChanges } from '../tree/tree-draft.ts';
import { dmesg } from './dmesg.ts';
import { fpgaconf } from './fpgaconf.ts';
import { fpgasupdate } from './fpgasupdate.ts';
import { nvidiaSmi } from './nvidia-smi.ts';
import { rsu } from './rsu.ts';
import type { SimulatedRun, SimulatedTool } from './simulated-tool.ts';
import { sriovManage } from './sriov-manage.ts';
import { xbmgmt } from './xbmgmt.ts';
import { xbutil } from './xbutil.ts';

/** Path of the file with recorded answers of tools, below a simulated machine's root. */
export const toolsFile = '/tools.json';

/** What a tool answers, by its absolute path: the first entry whose arguments are those given, or that has none. */
export const RecordedTools = z.record(
  z.string().startsWith('/'),
  z.array(
    z.object({
      args: z.array(z.string()).optional(),
      out: z.string().default(''),
      err: z.string().default(''),
      code: z.int().default(0),
      /** How long it runs; null for ever. */
      takesMs: z.int().nonnegative().nullable().default(0),
    }),
  ),
);
export type RecordedTools = z.output<typeof RecordedTools>;
export type RecordedAnswer = z.input<typeof RecordedTools>[string][number];

const programs: Readonly<Record<string, SimulatedTool>> = {
  'nvidia-smi': nvidiaSmi,
  'sriov-manage': sriovManage,
  dmesg,
  fpgaconf,
  fpgasupdate,
  rsu,
  xbmgmt,
  xbutil,
};

interface ToolRun {
  readonly tool: string;
  readonly args: readonly string[];
  readonly options: RunOptions;
  /** Told what it has changed. */
  readonly onChanges: ((changes: TreeChanges) => void) | undefined;
}

type EnterKernel = <Result>(work: (kernel: Kernel) => Result) => Result;

/** Runs a tool of a simulated machine: a recorded answer if there is one, else a program made for the simulator. */
export async function runSimulatedTool(
  root: string,
  { tool, args, options, onChanges }: ToolRun,
): Promise<RunResult> {
  const { signal, timeoutMs = usualRunTimeoutMs, maxOutputBytes = usualMaxOutputBytes, onLine } = options;
  requireWanted(tool, signal);
  const recorded = readRecordedTools(root)[tool]?.find(
    (answer) => answer.args === undefined || isSame(answer.args, args),
  );
  const takesMs = recorded?.takesMs === undefined ? 0 : (recorded.takesMs ?? Number.POSITIVE_INFINITY);
  if (takesMs > 0) await wait(Math.min(takesMs, timeoutMs), signal);
  requireWanted(tool, signal);
  if (takesMs > timeoutMs) throw timedOut(tool, timeoutMs);
  const tell = (out: string): void => {
    for (const line of out.replace(/\n$/, '').split('\n')) if (out !== '') onLine?.(line);
  };
  const enter: EnterKernel = (work) => enterKernel(root, work, onChanges);
  const first: SimulatedRun = recorded ?? enter((kernel) => runProgram(kernel, tool, args));
  tell(first.out);
  const rest = await finishProgram(enter, first, () => requireWanted(tool, signal));
  tell(rest?.out ?? '');
  const { code } = rest ?? first;
  const out = first.out + (rest?.out ?? '');
  const err = first.err + (rest?.err ?? '');
  if (Math.max(Buffer.byteLength(out), Buffer.byteLength(err)) > maxOutputBytes) {
    throw tooLoud(tool, maxOutputBytes);
  }
  return { code, out, err };
}

/** The rest of a run that has one, unless it is cut off first. */
async function finishProgram(
  enter: EnterKernel,
  { finish }: SimulatedRun,
  requireWanted: () => void,
): Promise<RunResult | undefined> {
  if (finish === undefined) return undefined;
  await setImmediate();
  requireWanted();
  return enter(finish);
}

function runProgram(kernel: Kernel, tool: string, args: readonly string[]): SimulatedRun {
  const installed = kernel.state.cards.some((card) => card.tools.includes(tool));
  const program = installed ? programs[posix.basename(tool)] : undefined;
  if (program === undefined) throw toolMissing(tool, new KernelError('ENOENT', 'no such file'));
  return program(kernel, args);
}

/** The recorded answers of a simulated machine; none when it has no such file. */
export function readRecordedTools(root: string): RecordedTools {
  const file = root + toolsFile;
  // Mostly there is none, and an error thrown for that costs more than the question.
  return existsSync(file) ? RecordedTools.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
}

async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {});
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((arg, at) => arg === right[at]);
}

function requireWanted(tool: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw canceled(tool, signal);
}
