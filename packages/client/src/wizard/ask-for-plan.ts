import { confirm, isCancel, log, multiselect, note, outro, select, spinner, text } from '@clack/prompts';
import {
  type FlavorProposal,
  flavorDescription,
  flavorGroups,
  hotplugTrait,
  type ProposedTrait,
} from '@cyborgjs/core';
import type { CyborgClient } from '../cyborg-client.ts';
import { printable } from '../render/printable.ts';
import { type FlavorPlan, planToYaml } from './flavor-plan.ts';
import { coverText, type FlavorSize, fitText, planFromProposals } from './plan-from-proposals.ts';

interface AskInit {
  readonly proposals: readonly FlavorProposal[];
  /** Names that device profiles have. */
  readonly taken: ReadonlySet<string>;
  /** Where the questions about sizes begin; undefined when no flavors are to be made. */
  readonly size: FlavorSize | undefined;
  readonly client: CyborgClient;
  readonly signal: AbortSignal;
}

/** What the operator decided. */
export interface AskedPlan {
  readonly plan: FlavorPlan;
  readonly chosen: readonly FlavorProposal[];
  readonly answer: 'make' | 'print';
}

/** Thrown by `answered` when somebody leaves; it never gets out of this file. */
class Left extends Error {}

/** Asks on the terminal what is to be made; undefined when the operator leaves. */
export async function askForPlan(init: AskInit): Promise<AskedPlan | undefined> {
  try {
    return await ask(init);
  } catch (error) {
    if (error instanceof Left) return undefined;
    throw error;
  }
}

async function ask(init: AskInit): Promise<AskedPlan | undefined> {
  const wanted = answered(
    await multiselect({
      message: 'Which of these shall there be?',
      options: init.proposals.map(({ name }, at) => ({
        value: at,
        label: name,
        hint: shortText(init.proposals[at]),
      })),
      initialValues: init.proposals.flatMap(({ existing }, at) => (existing === null ? [at] : [])),
      required: true,
    }),
  );
  const chosen: FlavorProposal[] = [];
  for (const at of wanted) {
    const proposal = init.proposals[at];
    if (proposal !== undefined) chosen.push(await settle(proposal, init, chosen));
  }
  const size = init.size === undefined ? undefined : await askSize(init.size);
  const plan = planFromProposals(chosen, size);
  log.message(planToYaml(plan));
  const answer = answered(
    await select({
      message: 'Make this?',
      options: [
        { value: 'make', label: 'Yes, make it' },
        { value: 'print', label: 'No, print it, to be kept in a file' },
        { value: 'leave', label: 'No, and forget it' },
      ],
    }),
  );
  if (answer === 'leave') return undefined;
  outro(answer === 'make' ? 'Making it.' : 'Apply it later with: cyborg flavor wizard --apply FILE');
  return { plan, chosen, answer: answer as AskedPlan['answer'] };
}

/** Shows a proposal and lets it be changed until it is taken. */
async function settle(
  first: FlavorProposal,
  init: AskInit,
  chosen: readonly FlavorProposal[],
): Promise<FlavorProposal> {
  const taken = new Set([...init.taken, ...chosen.map(({ name }) => name)]);
  let proposal = first;
  for (;;) {
    note(pageOf(proposal), proposal.name);
    const options = [
      { value: 'take', label: 'Take it as it is' },
      { value: 'traits', label: 'Change what it asks for' },
      { value: 'units', label: `Change how many accelerators a server gets (${proposal.units})` },
      { value: 'name', label: 'Give it another name' },
    ];
    const answer = answered(await select({ message: `${proposal.name}:`, options }));
    if (answer === 'take' && (proposal.existing !== null || !taken.has(proposal.name))) return proposal;
    if (answer === 'take')
      log.warn(`There is a device profile ${proposal.name} that asks for something else.`);
    if (answer === 'take' || answer === 'name') proposal = await askName(proposal, taken);
    else proposal = await countAnew(await (answer === 'units' ? askUnits : askTraits)(proposal), init);
  }
}

function pageOf(proposal: FlavorProposal): string {
  const askable = proposal.traits.filter(({ name }) => name.startsWith('CUSTOM_'));
  const asked = askable.filter(({ required }) => required);
  const others = askable.filter(({ required }) => !required);
  const all = Math.max(0, ...proposal.traits.map(({ deployables }) => deployables));
  const traitLines = ({ name, meaning, deployables }: ProposedTrait) =>
    `  ${name}${deployables === all ? '' : ` (${deployables} of ${all})`}\n    ${meaning}`;
  return [
    coverText(proposal),
    fitText(proposal),
    '',
    `Each server gets ${proposal.units} of ${proposal.resourceClass}`,
    ...asked.map(traitLines),
    ...(others.length === 0 ? [] : ['', 'It could also ask for']),
    ...others.map(traitLines),
    ...(proposal.existing === null ? [] : ['', `Device profile ${proposal.existing} asks for the same.`]),
    ...proposal.warnings.map((warning) => `\nBeware: ${warning}`),
  ]
    .flatMap((line) =>
      line.split('\n').map((part) => part.replace(/^( *)(.*)$/, (_all, pad, rest) => pad + printable(rest))),
    )
    .join('\n');
}

async function askTraits(proposal: FlavorProposal): Promise<FlavorProposal> {
  const traits = withHotplug(proposal.traits).filter(({ name }) => name.startsWith('CUSTOM_'));
  const asked = answered(
    await multiselect<string>({
      message: 'What must every accelerator of it have? The more, the fewer cards can serve it.',
      options: traits.map(({ name, meaning }) => ({ value: name, label: name, hint: printable(meaning) })),
      initialValues: traits.filter(({ required }) => required).map(({ name }) => name),
      required: false,
    }),
  );
  const changed = withHotplug(proposal.traits).map((trait) => ({
    ...trait,
    required: asked.includes(trait.name),
  }));
  return anew({ ...proposal, traits: changed });
}

/** It can be asked for though nobody has it yet. */
function withHotplug(traits: readonly ProposedTrait[]): ProposedTrait[] {
  if (traits.some(({ name }) => name === hotplugTrait)) return [...traits];
  const meaning = 'It can be added to, and taken from, a server that runs. No device of these says so.';
  return [...traits, { name: hotplugTrait, meaning, required: false, deployables: 0 }];
}

async function askUnits(proposal: FlavorProposal): Promise<FlavorProposal> {
  const message = 'How many accelerators shall each server get?';
  return anew({ ...proposal, units: await askNumber(message, proposal.units, { least: 1, most: 16 }) });
}

async function askName(proposal: FlavorProposal, taken: ReadonlySet<string>): Promise<FlavorProposal> {
  const name = answered(
    await text({
      message: 'Its name, for the device profile and the flavor:',
      initialValue: proposal.name,
      validate: (value = '') => {
        if (!/^[a-zA-Z0-9_-]{1,255}$/.test(value)) return 'Letters, digits, - and _ only.';
        return taken.has(value) ? 'Another one has that name.' : undefined;
      },
    }),
  );
  return { ...proposal, name };
}

/** What follows from traits and units. */
function anew(proposal: FlavorProposal): FlavorProposal {
  const required = proposal.traits.filter((trait) => trait.required);
  const content = { resourceClass: proposal.resourceClass, units: proposal.units, required };
  const [groups, description] = [flavorGroups(content), flavorDescription(content)];
  return { ...proposal, groups, description, existing: null };
}

async function countAnew(proposal: FlavorProposal, { client, signal }: AskInit): Promise<FlavorProposal> {
  const waiting = spinner();
  waiting.start('Counting the servers that would fit');
  try {
    const fit = await client.flavors.fit(proposal.groups, { signal });
    waiting.stop('Counted.');
    return { ...proposal, fit };
  } catch (error) {
    waiting.error('They cannot be counted.');
    throw error;
  }
}

async function askSize({ vcpus, ramMb, diskGb }: FlavorSize): Promise<FlavorSize> {
  const shown = `${vcpus} processors, ${ramMb} MiB of memory, ${diskGb} GiB of disk`;
  const keep = answered(await confirm({ message: `Flavors with ${shown}?`, initialValue: true }));
  if (keep) return { vcpus, ramMb, diskGb };
  return {
    vcpus: await askNumber('Processors:', vcpus, { least: 1, most: 1024 }),
    ramMb: await askNumber('Memory in MiB:', ramMb, { least: 1, most: 67_108_864 }),
    diskGb: await askNumber('Root disk in GiB:', diskGb, { least: 0, most: 1_048_576 }),
  };
}

async function askNumber(
  message: string,
  initial: number,
  { least, most }: { readonly least: number; readonly most: number },
): Promise<number> {
  const fits = (value = '') => /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most;
  const answer = await text({
    message,
    initialValue: String(initial),
    validate: (value) => (fits(value) ? undefined : `A whole number from ${least} to ${most}.`),
  });
  return Number(answered(answer));
}

function shortText(proposal: FlavorProposal | undefined): string {
  if (proposal === undefined) return '';
  const { fit, existing } = proposal;
  const there = existing === null ? '' : `; device profile ${existing} asks for the same`;
  return printable(`${coverText(proposal)}; fits ${fit.servers} now${there}`);
}

function answered<Value>(answer: Value): Exclude<Value, symbol> {
  if (isCancel(answer)) throw new Left();
  return answer as Exclude<Value, symbol>;
}
