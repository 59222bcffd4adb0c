import type { Device } from '@cyborgjs/core';
import type { Command } from 'commander';
import { type PlannedChange, selectionSummary, selectionView } from '../render/selection-view.ts';
import type { CommandContext } from './command-context.ts';
import {
  addConditionOptions,
  conditionsIn,
  type DeviceConditions,
  listByConditions,
} from './device-conditions.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { findDevices } from './find-devices.ts';
import { collect } from './list-limit.ts';
import { type DeviceVerb, planChange } from './plan-change.ts';
import { isAnswerable } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Which devices something is to be done to: those that are named, or all that fulfil conditions. */
export interface Selection extends DeviceConditions {
  readonly texts: readonly string[];
  /** Nobody is to be asked. */
  readonly yes?: boolean | undefined;
  /** Only show which devices they are. */
  readonly planOnly?: boolean | undefined;
}

/** Either the devices, or what the command ends with without doing anything. */
export type Selected = { readonly devices: readonly Device[] } | { readonly ending: ExitCode };

/** Adds the ways to say which devices are meant, and that nobody is to be asked. */
export function addSelection(command: Command, idText: string): Command {
  return addConditionOptions(command.argument('[device...]', idText))
    .option('-y, --yes', 'with conditions: do it without asking')
    .addHelpText('after', selectionHelp);
}

const selectionHelp = `
Devices are named, or chosen by conditions that all must hold; then a table shows what would be done to
which of them, and you are asked. "*" in a pattern stands for any characters, "?" for one:
  cyborg device ready --state discovered --model "NVIDIA H200*" --host "node-*"
`;

/**
 * Finds the devices that are meant. Chosen by conditions, they are shown with what would be done, and somebody is asked.
 *
 * @throws UsageError when it is not said which, or nobody can be asked
 */
export async function selectDevices(
  context: CommandContext,
  verb: DeviceVerb,
  { texts, yes = false, planOnly = false, ...flags }: Selection,
): Promise<Selected> {
  const { client, signal, terminal } = context;
  const conditions = conditionsIn(flags);
  requireOneWay(texts, conditions);
  const isNamed = texts.length > 0;
  if (isNamed && !planOnly) return { devices: await findDevices(client, texts, { signal }) };
  if (!planOnly && !yes && !isAnswerable(terminal))
    throw new UsageError(
      'there is no terminal to ask on whether to go on with all devices that fit: add --yes, or look first with --dry-run',
    );
  const devices = isNamed
    ? await findDevices(client, texts, { signal })
    : await collect(listByConditions(client, conditions, { signal }));
  const plan = planChange(verb, devices);
  const chosen = plan.flatMap(({ device, leftBecause }) => (leftBecause === null ? [device] : []));
  if (planOnly || (chosen.length === 0 && !yes)) {
    terminal.show(selectionView(verb, plan));
    return { ending: exitCode.ok };
  }
  if (yes) {
    terminal.note(selectionSummary(verb, plan));
    return { devices: chosen };
  }
  return (await isAgreed(context, verb, plan)) ? { devices: chosen } : refused(context);
}

function requireOneWay(texts: readonly string[], conditions: DeviceConditions): void {
  const isConditional = Object.keys(conditions).length > 0;
  if (texts.length > 0 && isConditional)
    throw new UsageError(
      'name devices or give conditions, not both: a device that is named is meant as it is',
    );
  if (texts.length === 0 && !isConditional)
    throw new UsageError(
      'which devices? Name them, or give conditions: --host, --driver, --model, --state, --health, --trait (all of them: --host "*")',
    );
}

async function isAgreed(
  { terminal }: CommandContext,
  verb: DeviceVerb,
  plan: readonly PlannedChange[],
): Promise<boolean> {
  terminal.show(selectionView(verb, plan));
  // Loaded only for those who are asked.
  const { confirm } = await import('@clack/prompts');
  return (await confirm({ message: 'Go on?', initialValue: false })) === true;
}

function refused({ terminal }: CommandContext): Selected {
  terminal.note('Nothing was done.');
  return { ending: exitCode.interrupted };
}
