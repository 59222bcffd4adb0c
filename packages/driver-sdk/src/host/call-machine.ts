import type { DriverLog } from '../driver-context.ts';
import type { DriverManifest } from '../driver-manifest.ts';
import { guardMachine } from '../machine/guard-machine.ts';
import { observeMachine } from '../machine/observe-machine.ts';
import type { Machine } from '../machine.ts';

interface CallMachineOptions {
  readonly permissions: DriverManifest['permissions'];
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly log: DriverLog;
}

/**
 * The machine as one call of a driver gets it: behind the manifest's permissions, with an audit line for every
 * write and every tool, ended with the call. In a dry run it is a machine that only plans, and the lines say so.
 */
export function callMachine(machine: Machine, options: CallMachineOptions): Machine {
  const { permissions, signal, dryRun, log } = options;
  const audited = observeMachine(machine, {
    before: () => signal.throwIfAborted(),
    after: (call, outcome) => {
      if (call.verb !== 'write' && call.verb !== 'run') return;
      const { index: _index, ...facts } = call;
      log.info(`${dryRun ? 'would ' : ''}${call.verb}`, { audit: true, ...facts, ok: outcome.ok });
    },
  });
  return guardMachine(
    {
      ...audited,
      run: (tool, args, run = {}) => {
        const signals = run.signal === undefined ? [signal] : [signal, run.signal];
        return audited.run(tool, args, { ...run, signal: AbortSignal.any(signals) });
      },
    },
    permissions,
  );
}
