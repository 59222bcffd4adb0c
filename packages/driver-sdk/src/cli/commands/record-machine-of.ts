import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { arch, hostname, release } from 'node:os';
import { dirname, join } from 'node:path';
import { DriverError } from '../../driver-error.ts';
import { createRealMachine } from '../../machine/create-real-machine.ts';
import { withLibraries } from '../../machine/with-libraries.ts';
import { recordDriver } from '../../recording/record-driver.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { openPackage } from '../open-package.ts';
import { recordingEnding } from '../package-fixtures.ts';
import type { Terminal } from '../terminal.ts';

export interface RecordFlags {
  readonly name: string;
  readonly config?: string;
  readonly root: string;
  readonly force?: boolean;
}

/** Records what a driver's discovery reads on this machine, as a fixture of its package. */
export async function recordMachineOf(
  directory: string,
  flags: RecordFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const opened = await openPackage(directory, flags.config);
  const file = join(opened.directory, 'fixtures', `${flags.name}${recordingEnding}`);
  if (existsSync(file) && flags.force !== true)
    throw new DriverError('invalid', `${file} is there already`, {
      hint: 'Give another --name, or --force to replace it.',
    });
  const recording = await recordDriver({
    driver: opened.driver,
    permissions: opened.manifest.permissions,
    config: opened.config,
    machine: withLibraries(createRealMachine({ root: flags.root }), opened.driver.ports ?? {}),
    provenance: {
      recordedBy: 'cyborg-driver record',
      recordedAt: new Date().toISOString(),
      driver: `${opened.name} ${opened.version}`,
      kernel: release(),
      arch: arch(),
      identities: 'replaced',
    },
    machineNames: [hostname()],
    salt: randomBytes(32).toString('hex'),
  });
  if (recording.devices.length === 0) {
    terminal.tell(`${opened.name} found no device on this machine: there is nothing to record.`);
    return exitCode.failed;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(recording, undefined, 2)}\n`);
  const answers =
    Object.keys(recording.paths).length + recording.runs.length + (recording.invokes ?? []).length;
  terminal.print(
    `${file}: devices ${recording.devices.join(', ')}; ${answers} answers.\n` +
      'Serial numbers, UUIDs and MAC addresses were replaced. Read it through before you publish it.',
  );
  return exitCode.ok;
}
