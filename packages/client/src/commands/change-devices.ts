import type { Device, Operation } from '@cyborgjs/core';
import { deviceLabel } from '../render/device-views.ts';
import { deviceOutcomesView, type Outcome, operationOutcomesView } from '../render/outcome-views.ts';
import { plansView } from '../render/plan-views.ts';
import type { CommandContext } from './command-context.ts';
import { describeError } from './describe-error.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { readPlans } from './read-plans.ts';
import { runBounded } from './run-bounded.ts';
import { type Selection, selectDevices } from './select-devices.ts';
import { noteHowToWait, tellFailures, watchOperations } from './watch-operations.ts';

/** Devices that something is asked for at once. */
const askedAtOnce = 8;

interface Attempted<Result> extends Outcome<Result> {
  readonly exitCode: ExitCode;
}

/** Enables or disables each device; one that is refused does not keep the others from it. */
export async function switchDevices(
  context: CommandContext,
  verb: 'enable' | 'disable',
  selection: Selection,
): Promise<ExitCode> {
  const { client, signal } = context;
  const selected = await selectDevices(context, verb, selection);
  if ('ending' in selected) return selected.ending;
  const outcomes = await forEachDevice(context, selected.devices, (id) =>
    client.devices[verb](id, { signal }),
  );
  context.terminal.show(deviceOutcomesView(outcomes));
  return conclude(context, outcomes);
}

/** What is to be installed, or its installation taken back, and how. */
export interface Installation {
  readonly verb: 'ready' | 'uninstall';
  readonly selection: Selection;
  /** Whether to stay until all have ended. */
  readonly wait: boolean;
  /** Only show what would be done. */
  readonly dryRun?: boolean;
  readonly profile?: string;
  readonly options?: Readonly<Record<string, string>>;
}

/** Begins an installation or its removal on each device, and waits for all of them together. */
export async function installDevices(
  context: CommandContext,
  { verb, selection, wait, ...how }: Installation,
): Promise<ExitCode> {
  const { client, signal, terminal } = context;
  const selected = await selectDevices(context, verb, selection);
  if ('ending' in selected) return selected.ending;
  const begun = await forEachDevice(context, selected.devices, (id) =>
    client.devices[verb](id, { ...how, signal }),
  );
  const outcomes = wait ? await awaitAll(context, begun) : begun;
  const isPlanned = wait && how.dryRun === true;
  terminal.show(isPlanned ? plansView(await readPlans(context, outcomes)) : operationOutcomesView(outcomes));
  if (!wait)
    noteHowToWait(
      terminal,
      outcomes.flatMap(({ result }) => result ?? []),
    );
  return conclude(context, outcomes);
}

async function awaitAll(
  context: CommandContext,
  begun: readonly Attempted<Operation>[],
): Promise<readonly Attempted<Operation>[]> {
  const watched = begun.flatMap(({ label, result }) =>
    result === null ? [] : [{ label, operation: result }],
  );
  const ended = await watchOperations(context, watched);
  const byId = new Map(ended.map((one) => [one.operation.id, one]));
  return begun.map((outcome) => {
    const one = outcome.result === null ? undefined : byId.get(outcome.result.id);
    if (one === undefined) return outcome;
    return { ...outcome, result: one.operation, exitCode: tellFailures(context.terminal, [one]) };
  });
}

/** Asks for something for each device, a few at once, telling of each refusal as it comes. */
async function forEachDevice<Result>(
  { terminal, signal }: CommandContext,
  devices: readonly Device[],
  ask: (id: string) => Promise<Result>,
): Promise<readonly Attempted<Result>[]> {
  return runBounded(devices, askedAtOnce, async (device) => {
    const subject = { id: device.id, label: deviceLabel(device) };
    try {
      return { ...subject, result: await ask(device.id), error: null, exitCode: exitCode.ok };
    } catch (error) {
      signal.throwIfAborted();
      const { line, json, exitCode: code } = describeError(error);
      terminal.fault(`${subject.label}: ${line}`, error);
      return { ...subject, result: null, error: json, exitCode: code };
    }
  });
}

/** What the command ends with; of many devices it is counted with how many it went wrong. */
function conclude({ terminal }: CommandContext, outcomes: readonly Attempted<unknown>[]): ExitCode {
  const failed = outcomes.filter((outcome) => outcome.exitCode !== exitCode.ok);
  if (failed.length > 0 && outcomes.length > 1)
    terminal.note(`${failed.length} of ${outcomes.length} devices: refused or failed`);
  return failed[0]?.exitCode ?? exitCode.ok;
}
