import type { ConformanceReport } from '../../conformance/conformance-report.ts';
import type { FixtureImages } from '../../conformance/conformance-subject.ts';
import { hardwareConformance } from '../../conformance/hardware-conformance.ts';
import { DriverError } from '../../driver-error.ts';
import { createRealMachine } from '../../machine/create-real-machine.ts';
import { withLibraries } from '../../machine/with-libraries.ts';
import { type OpenPackage, readJsonFile } from '../open-package.ts';
import type { Terminal } from '../terminal.ts';
import type { TestFlags } from './test-driver.ts';

interface HardwareRun {
  readonly only: { readonly checks?: readonly number[] };
  readonly terminal: Terminal;
}

/** Runs the kit on this very machine: only looking, unless a device is named that may be touched. */
export async function runOnHardware(
  { driver, packageJson, config, name }: OpenPackage,
  { device, destructive = false, yes = false, images }: TestFlags,
  { only, terminal }: HardwareRun,
): Promise<ConformanceReport> {
  if (destructive && device === undefined)
    throw new DriverError('invalid', '--destructive needs --device: the one device that may be touched');
  if (destructive && !yes && !(await agreed(terminal, name, device ?? '')))
    throw new DriverError('invalid', 'nobody agreed, so nothing was tried', {
      hint: 'Where nobody can be asked, as in CI, say --yes.',
    });
  return hardwareConformance({
    ...{ driver, packageJson, config: config.written, ...only },
    machine: withLibraries(createRealMachine(), driver.ports ?? {}),
    ...(destructive && device !== undefined ? { device } : {}),
    ...(images === undefined ? {} : { images: readJsonFile(images) as FixtureImages }),
  });
}

async function agreed(terminal: Terminal, driver: string, device: string): Promise<boolean> {
  const answer = await terminal.ask(
    `${driver} will attach and detach ${device} on this machine again and again, and program it if images are given.\nWhoever uses it now will lose it. Type yes to go on: `,
  );
  return answer?.trim() === 'yes';
}
