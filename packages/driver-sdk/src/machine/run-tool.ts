import type { RunOptions, RunResult } from '../machine.ts';
import { canceled, cannotStart } from './tool-errors.ts';
import { ToolProcess } from './tool-process.ts';

interface ToolOptions extends RunOptions {
  /** The program's file, where it is not at the path that the tool is known by. */
  readonly program?: string;
  /** Variables that it gets besides the usual ones. */
  readonly environment?: Readonly<Record<string, string>>;
}

const usualEnvironment = {
  LC_ALL: 'C',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
};

/**
 * Runs a tool in a process group of its own, with nothing on its standard input. Whatever way the call ends, the
 * whole group is gone afterwards. A tool that is not installed is `unsupported`.
 */
export async function runTool(
  tool: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<RunResult> {
  if (options.signal?.aborted === true) throw canceled(tool, options.signal);
  return start(tool, args, options).ended;
}

function start(tool: string, args: readonly string[], options: ToolOptions): ToolProcess {
  // Not imported: the process of a driver, which starts none, would load it at each start.
  const { spawn } = process.getBuiltinModule('node:child_process');
  try {
    const child = spawn(options.program ?? tool, args, {
      cwd: '/',
      detached: true,
      env: { ...usualEnvironment, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new ToolProcess(tool, child, options);
  } catch (error) {
    throw cannotStart(tool, error);
  }
}
