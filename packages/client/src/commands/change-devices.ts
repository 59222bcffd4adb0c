import type { Device, Operation } from '@cyborgjs/core';
import { deviceLabel } from '../render/device-views.ts';
import { deviceOutcomesView, type Outcome, operationOutcomesView } from '../render/outcome-views.ts';
import { plansView } from '../render/plan-views.ts';
import type { CommandContext } from './command-context.ts';
import { describeError } from './describe-error.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { findDevices } from './find-devices.ts';
import { readPlans } from './read-plans.ts';
import { noteHowToWait, tellFailures, watchOperations } from './watch-operations.ts';

interface Attempted<Result> extends Outcome<Result> {
  readonly exitCode: ExitCode;
}

/** Enables or disables each device; one that is refused does not keep the others from it. */
export async function switchDevices(
  context: CommandContext,
  verb: 'enable' | 'disable',
  texts: readonly string[],
): Promise<ExitCode> {
  const { client, signal } = context;
  const devices = await findDevices(client, texts, { signal });
  const outcomes = await forEachDevice(context, devices, (id) => client.devices[verb](id, { signal }));
  context.terminal.show(deviceOutcomesView(outcomes));
  return worstOf(outcomes);
}

interface Installation {
  readonly verb: 'ready' | 'uninstall';
  readonly texts: readonly string[];
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
  { verb, texts, wait, ...how }: Installation,
): Promise<ExitCode> {
  const { client, signal, terminal } = context;
  const devices = await findDevices(client, texts, { signal });
  const begun = await forEachDevice(context, devices, (id) => client.devices[verb](id, { ...how, signal }));
  const outcomes = wait ? await awaitAll(context, begun) : begun;
  const isPlanned = wait && how.dryRun === true;
  terminal.show(isPlanned ? plansView(await readPlans(context, outcomes)) : operationOutcomesView(outcomes));
  if (!wait)
    noteHowToWait(
      terminal,
      outcomes.flatMap(({ result }) => result ?? []),
    );
  return worstOf(outcomes);
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

/** Asks for something for one device after the other, telling of each refusal as it comes. */
async function forEachDevice<Result>(
  { terminal, signal }: CommandContext,
  devices: readonly Device[],
  ask: (id: string) => Promise<Result>,
): Promise<readonly Attempted<Result>[]> {
  const outcomes: Attempted<Result>[] = [];
  for (const device of devices) {
    const subject = { id: device.id, label: deviceLabel(device) };
    try {
      outcomes.push({ ...subject, result: await ask(device.id), error: null, exitCode: exitCode.ok });
    } catch (error) {
      signal.throwIfAborted();
      const { line, json, exitCode: code } = describeError(error);
      terminal.fault(`${subject.label}: ${line}`, error);
      outcomes.push({ ...subject, result: null, error: json, exitCode: code });
    }
  }
  return outcomes;
}

const worstOf = (outcomes: readonly Attempted<unknown>[]): ExitCode =>
  outcomes.find((outcome) => outcome.exitCode !== exitCode.ok)?.exitCode ?? exitCode.ok;
