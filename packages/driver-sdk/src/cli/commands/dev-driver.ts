import { createInterface, type Interface } from 'node:readline';
import { DriverError, toDriverFailure } from '../../driver-error.ts';
import { resolveDriverPackage } from '../../host/resolve-driver-package.ts';
import { type DevEvent, renderDevEvent } from '../dev/dev-event.ts';
import { DevSession } from '../dev/dev-session.ts';
import { devHelp, runDevCommand } from '../dev/run-dev-command.ts';
import { watchFiles } from '../dev/watch-files.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { readJsonFile } from '../open-package.ts';
import { simulatedFixtures } from '../package-fixtures.ts';
import type { Terminal } from '../terminal.ts';

export interface DevFlags {
  readonly config?: string;
  /** Name of the machine, or its number from 1. */
  readonly machine?: string;
  readonly json?: boolean;
  /** Shows reads too. */
  readonly reads?: boolean;
}

/**
 * Runs the driver of a package on a simulated machine, in a process of its own as an agent would, and starts it anew
 * when its files change. Commands come from standard input, line by line; its end or Ctrl-C ends it in order.
 */
export async function devDriver(directory: string, flags: DevFlags, terminal: Terminal): Promise<ExitCode> {
  const found = resolveDriverPackage({ directory });
  const written = flags.config === undefined ? {} : readJsonFile(flags.config);
  const fixtures = await simulatedFixtures({ ...found, config: { written } });
  let reads = flags.reads ?? false;
  const tell = (event: DevEvent): void => {
    const text = flags.json ? JSON.stringify(event) : renderDevEvent(event, { color: terminal.color, reads });
    if (text !== undefined) terminal.print(text);
  };
  const fixture = chooseFixture(fixtures, flags.machine);
  const session = await DevSession.open({ directory: found.directory, fixture, tell });
  const unwatch = watchFiles(found.directory, (files) => {
    tell({ event: 'changed', files });
    void session.reload();
  });
  const lines = createInterface({ input: process.stdin, terminal: false });
  try {
    for await (const line of untilInterrupted(lines)) {
      const word = line.trim();
      if (word === 'quit' || word === 'exit') break;
      if (word === 'help') tell({ event: 'help', text: devHelp });
      else if (word === 'reads') reads = !reads;
      else if (word !== '') await attempt(session, word, tell);
    }
  } finally {
    unwatch();
    lines.close();
    await session.close();
  }
  return exitCode.ok;
}

async function attempt(session: DevSession, line: string, tell: (event: DevEvent) => void): Promise<void> {
  try {
    await runDevCommand(session, line);
  } catch (error) {
    tell({ event: 'failed', command: line, failure: toDriverFailure(error) });
  }
}

/** The lines that come in, until there are no more or somebody wants the end. */
function untilInterrupted(lines: Interface): Interface {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => lines.close());
  return lines;
}

function chooseFixture<Fixture extends { readonly name: string }>(
  fixtures: readonly Fixture[],
  wanted: string | undefined,
): Fixture {
  const fixture = fixtures.find(
    ({ name }, index) => wanted === name || (wanted ?? '1') === String(index + 1),
  );
  if (fixture !== undefined) return fixture;
  const names = fixtures.map(({ name }, index) => `${index + 1} ${name}`).join(', ');
  throw new DriverError('invalid', `there is no machine "${wanted}"; there are ${names}`);
}
