import { styleText } from 'node:util';
import { type Identity, isOpenStackError } from '@cyborgjs/openstack-session';
import type { Placement } from '../placement.ts';
import { isPlacementError } from '../placement-error.ts';
import { type CommandContext, type ExitCode, exitFailed, exitOk } from './command-context.ts';

/** One thing that was looked at. */
interface Finding {
  readonly what: string;
  readonly isOk: boolean;
  /** Whether the check fails without it. */
  readonly isNeeded: boolean;
  readonly detail: string;
}

/** `placement check`: changes nothing, also where it tries what writing needs. */
export async function checkCloud(context: CommandContext): Promise<ExitCode> {
  const { json, write, hasColour } = context;
  const findings = await look(context);
  if (json) write(`${JSON.stringify(findings, null, 2)}\n`);
  else for (const finding of findings) write(`${lineOf(finding, hasColour)}\n`);
  return findings.some(({ isOk, isNeeded }) => isNeeded && !isOk) ? exitFailed : exitOk;
}

/** Looks at one thing after the other; without a way there the rest would only say so again. */
async function look({ placement, identity }: CommandContext): Promise<Finding[]> {
  const way = await find('reach Placement', true, () => reach(placement));
  if (!way.isOk) return [way];
  return [
    way,
    await find('who we are', false, async () => describeIdentity(await identity())),
    await find('read', true, () => read(placement)),
    await find('write', true, () => tryWriting(placement)),
    await find('write many inventories at once (role service)', false, () => tryReshaping(placement)),
  ];
}

function describeIdentity(identity: Identity | undefined): string {
  if (identity === undefined) return 'whom the token names; no Keystone is asked';
  const { userName, projectName, roles } = identity;
  const project = projectName === undefined ? 'no project' : `project ${projectName}`;
  return `user ${userName}, ${project}, roles ${roles.toSorted().join(', ') || 'none'}`;
}

async function find(what: string, isNeeded: boolean, look: () => Promise<string>): Promise<Finding> {
  try {
    return { what, isOk: true, isNeeded, detail: await look() };
  } catch (error) {
    if (!isPlacementError(error) && !isOpenStackError(error)) throw error;
    return { what, isOk: false, isNeeded, detail: `${error.message} [${error.code}]` };
  }
}

async function reach(placement: Placement): Promise<string> {
  const { oldest, newest } = await placement.versions();
  return `versions ${oldest} to ${newest}`;
}

async function read(placement: Placement): Promise<string> {
  const providers = await placement.resourceProviders.list();
  return `${providers.length} providers, version ${placement.microversion()}`;
}

/** Standard traits cannot be made; whoever is told so would be allowed to make others. */
async function tryWriting(placement: Placement): Promise<string> {
  await placement.traits.ensure('HW_CPU_X86_VMX').catch(unlessRefused);
  return 'allowed';
}

/** Nothing is reshaped; the policy is looked at all the same. */
async function tryReshaping(placement: Placement): Promise<string> {
  await placement.reshaper.post({ inventories: {}, allocations: {} }).catch(unlessRefused);
  return 'allowed';
}

function unlessRefused(error: unknown): void {
  if (!isPlacementError(error, 'placement.invalid')) throw error;
}

function lineOf({ what, isOk, isNeeded, detail }: Finding, hasColour: boolean): string {
  const word = isOk ? 'ok' : isNeeded ? 'FAILED' : 'no';
  const colour = isOk ? 'green' : isNeeded ? 'red' : 'yellow';
  const mark = hasColour ? styleText(colour, word.padEnd(6), { validateStream: false }) : word.padEnd(6);
  return `${mark}  ${what}: ${detail}`;
}
