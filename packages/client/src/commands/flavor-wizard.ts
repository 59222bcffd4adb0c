import { readFileSync } from 'node:fs';
import type { FlavorProposal } from '@cyborgjs/core';
import type { FlavorWish } from '../flavors.ts';
import { createNovaFlavors } from '../nova-flavors.ts';
import { appliedView } from '../render/applied-view.ts';
import { type AppliedPart, applyPlan } from '../wizard/apply-plan.ts';
import { type FlavorPlan, planToYaml, readPlan } from '../wizard/flavor-plan.ts';
import { commentsOn, type FlavorSize, planFromProposals } from '../wizard/plan-from-proposals.ts';
import type { CommandContext } from './command-context.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { collect } from './list-limit.ts';
import { isAnswerable } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** What the command line of the wizard says. */
export interface WizardFlags extends FlavorWish {
  readonly yes?: boolean;
  readonly output?: 'yaml' | 'json';
  readonly apply?: string;
  readonly vcpus: number;
  readonly ram: number;
  readonly disk: number;
  readonly nova: boolean;
}

/** `cyborg flavor wizard`: by questions, without questions, or from a file. */
export async function runFlavorWizard(context: CommandContext, flags: WizardFlags): Promise<ExitCode> {
  if (flags.apply !== undefined) {
    const plan = readPlan(readFile(flags.apply), flags.apply === '-' ? 'standard input' : flags.apply);
    return show(context, await carryOut(context, flags.nova ? plan : { ...plan, flavors: [] }));
  }
  return flags.yes === true ? withoutQuestions(context, flags) : withQuestions(context, flags);
}

async function withoutQuestions(context: CommandContext, flags: WizardFlags): Promise<ExitCode> {
  const proposals = await propose(context, flags);
  const size = await sizeOfFlavors(context, flags);
  const plan = planFromProposals(proposals, size);
  if (flags.output === undefined) return show(context, await carryOut(context, plan));
  printPlan(context, { plan, proposals, form: flags.output });
  return exitCode.ok;
}

async function withQuestions(context: CommandContext, flags: WizardFlags): Promise<ExitCode> {
  if (!isAnswerable(context.terminal))
    throw new UsageError(
      'the wizard asks questions, and there is no terminal to ask on; without questions: ' +
        'cyborg flavor wizard --yes --output yaml, then --apply with the file',
    );
  const proposals = await propose(context, flags);
  const size = await sizeOfFlavors(context, flags);
  // Loaded only for those who are asked.
  const { askForPlan } = await import('../wizard/ask-for-plan.ts');
  const { client, signal, terminal } = context;
  const profiles = await collect(client.deviceProfiles.list({ signal }));
  const taken = new Set(profiles.map(({ name }) => name));
  const asked = await askForPlan({ proposals, taken, size, client, signal });
  if (asked === undefined) {
    terminal.note('Nothing was made.');
    return exitCode.interrupted;
  }
  const { plan, chosen, answer } = asked;
  if (answer === 'print') {
    printPlan(context, { plan, proposals: chosen, form: 'yaml' });
    return exitCode.ok;
  }
  try {
    return show(context, await carryOut(context, plan));
  } catch (error) {
    terminal.note(`So that your answers are not lost, the plan:\n${planToYaml(plan)}\n`);
    throw error;
  }
}

async function propose(
  { client, signal }: CommandContext,
  { units, hotplug, kind }: WizardFlags,
): Promise<readonly FlavorProposal[]> {
  const wish = {
    ...(units === undefined ? {} : { units }),
    ...(hotplug === undefined ? {} : { hotplug }),
    ...(kind === undefined ? {} : { kind }),
  };
  const proposals = await client.flavors.propose(wish, { signal });
  if (proposals.length > 0) return proposals;
  if (hotplug === true)
    throw new UsageError(
      'no device has the trait CUSTOM_ACCEL_HOTPLUG: no driver here says that what it gives out can be added to a ' +
        'server that runs; leave --hotplug out',
    );
  const kindText = kind === undefined ? '' : ` of kind ${kind}`;
  throw new UsageError(
    `there is no device${kindText} to make flavors for; see: cyborg device list, and to look again: cyborg discover HOST`,
  );
}

/** Undefined when no flavors are to be made: nobody wants them, or there is no cloud to make them in. */
async function sizeOfFlavors(
  { openCloud, terminal }: CommandContext,
  { nova, vcpus, ram, disk }: WizardFlags,
): Promise<FlavorSize | undefined> {
  if (!nova) return undefined;
  if ((await openCloud()) !== undefined) return { vcpus, ramMb: ram, diskGb: disk };
  terminal.note('No cloud is named (OS_CLOUD, --os-cloud), so no flavors are made: device profiles only.');
  return undefined;
}

async function carryOut(
  { client, openCloud, signal }: CommandContext,
  plan: FlavorPlan,
): Promise<readonly AppliedPart[]> {
  const cloud = plan.flavors.length === 0 ? undefined : await openCloud();
  const nova = cloud === undefined ? undefined : createNovaFlavors(cloud);
  return applyPlan(plan, { client, nova, signal });
}

function show({ terminal }: CommandContext, parts: readonly AppliedPart[]): ExitCode {
  terminal.show(appliedView(parts));
  return exitCode.ok;
}

interface PrintedPlan {
  readonly plan: FlavorPlan;
  readonly proposals: readonly FlavorProposal[];
  readonly form: 'yaml' | 'json';
}

function printPlan({ terminal }: CommandContext, { plan, proposals, form }: PrintedPlan): void {
  const text = form === 'yaml' ? planToYaml(plan, commentsOn(proposals)) : JSON.stringify(plan, undefined, 2);
  const names = plan.profiles.map(({ name }) => name);
  terminal.show({ json: plan, names, text: () => text });
}

function readFile(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read the plan ${file}: ${(error as Error).message}`);
  }
}
