import { type Session, sessionFromCloud } from '@cyborgjs/openstack-session';
import type { Command } from 'commander';
import { createCyborgClient } from '../cyborg-client.ts';
import { packageVersion } from '../package-version.ts';
import { type CloudFlags, comesByCloud, connectByCloud, isCloudNamed, loadNamedCloud } from './cloud.ts';
import type { CommandWork } from './command-context.ts';
import { type Connection, findConnection } from './connection.ts';
import { describeError } from './describe-error.ts';
import type { ExitCode } from './exit-code.ts';
import { InterruptedError } from './interrupted-error.ts';
import { LiveLines } from './live-lines.ts';
import { createTerminal, type Terminal } from './terminal.ts';

/** Options that every command knows. */
export interface GlobalFlags extends CloudFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

/** An operator waits in front of it: few repeats, and no long waits that show nothing. */
const retry = { retries: 2, backoff: { baseMs: 200, capMs: 2000 }, retryAfterCapMs: 5000 };

/** Runs one command on the streams and the environment of this process; what it ends with. */
export async function runCommand(command: Command, work: CommandWork): Promise<ExitCode> {
  const flags = command.optsWithGlobals<GlobalFlags>();
  const terminal = processTerminal(flags);
  let connection: Connection | undefined;
  try {
    connection = comesByCloud(flags, process.env)
      ? await connectByCloud(flags, process.env)
      : findConnection(flags, process.env);
    return await runConnected({ flags, connection, terminal, work });
  } catch (error) {
    return fail(error, terminal, connection);
  }
}

interface ConnectedRun {
  readonly flags: GlobalFlags;
  readonly connection: Connection;
  readonly terminal: Terminal;
  readonly work: CommandWork;
}

async function runConnected({ flags, connection, terminal, work }: ConnectedRun): Promise<ExitCode> {
  const { endpoint, token, auth = token === undefined ? undefined : { token } } = connection;
  const client = createCyborgClient({
    endpoint,
    ...(auth === undefined ? {} : { auth }),
    retry,
    timeoutMs: 30_000,
    userAgent: `cyborg/${packageVersion()}`,
  });
  let cloud: Session | undefined;
  const openCloud = async () => {
    if (!isCloudNamed(flags, process.env)) return undefined;
    cloud ??= sessionFromCloud(await loadNamedCloud(flags, process.env));
    return cloud;
  };
  const interruption = new AbortController();
  // A second Ctrl-C finds no listener and ends the process as usual.
  process.once('SIGINT', () => interruption.abort(interrupted()));
  try {
    const live =
      process.stderr.isTTY && terminal.form !== 'quiet' ? new LiveLines(process.stderr) : undefined;
    return await work({ client, connection, terminal, live, signal: interruption.signal, openCloud });
  } finally {
    await Promise.all([client.close(), cloud?.close()]);
  }
}

function interrupted(): InterruptedError {
  return new InterruptedError(
    'interrupted; what was already asked for goes on. To see it: cyborg operation list',
  );
}

/** Tells of an error: one line for people, one document for programs. */
function fail(error: unknown, terminal: Terminal, connection: Connection | undefined): ExitCode {
  const { exitCode: code, json, line } = describeError(error, connection?.tokenSource);
  if (terminal.form === 'json') terminal.show({ json: { error: json }, names: [], text: () => '' });
  if (error instanceof InterruptedError) terminal.note(line);
  else terminal.fault(line, error);
  return code;
}

/** The streams of this process, in the form that the flags ask for. */
export function processTerminal({ json, quiet, debug = false }: GlobalFlags): Terminal {
  const form = json ? 'json' : quiet ? 'quiet' : 'text';
  return createTerminal({ form, debug, stdout: process.stdout, stderr: process.stderr, now: Date.now });
}
