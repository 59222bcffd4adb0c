import type { DeviceProfile, DeviceProfileGroup } from '@cyborgjs/core';
import { UsageError } from '../commands/usage-error.ts';
import type { CyborgClient } from '../cyborg-client.ts';
import type { NovaFlavor, NovaFlavors } from '../nova-flavors.ts';
import type { FlavorPlan, PlannedFlavor, PlannedProfile } from './flavor-plan.ts';

/** What was done about one part of a plan. */
export interface AppliedPart {
  readonly noun: 'device profile' | 'flavor';
  readonly name: string;
  readonly id: string;
  readonly outcome: 'created' | 'completed' | 'unchanged';
}

interface ApplyContext {
  readonly client: CyborgClient;
  /** Undefined where there is no Nova; a plan with flavors is refused then. */
  readonly nova: NovaFlavors | undefined;
  readonly signal: AbortSignal;
}

/**
 * Makes what a plan says; what is there already stays, so that it may be applied again after an interruption. All of it
 * is checked before anything is made.
 *
 * @throws UsageError when something of a name is there that says something else, or a profile is missing
 */
export async function applyPlan(plan: FlavorPlan, context: ApplyContext): Promise<AppliedPart[]> {
  const { client, nova, signal } = context;
  const profiles = new Map<string, DeviceProfile>();
  for await (const profile of client.deviceProfiles.list({ signal })) profiles.set(profile.name, profile);
  for (const wanted of plan.profiles) requireSameProfile(wanted, profiles.get(wanted.name));
  const known = new Set([...profiles.keys(), ...plan.profiles.map(({ name }) => name)]);
  for (const { name, profile } of plan.flavors)
    if (!known.has(profile))
      throw new UsageError(`flavor ${name} refers to the device profile ${profile}, which does not exist`);
  const flavors = await readFlavors(plan, nova, signal);
  for (const wanted of plan.flavors) requireSameFlavor(wanted, flavors.get(wanted.name));

  const done: AppliedPart[] = [];
  for (const wanted of plan.profiles) {
    const there = profiles.get(wanted.name);
    const { id } = there ?? (await client.deviceProfiles.create(wanted, { signal }));
    const outcome = there === undefined ? 'created' : 'unchanged';
    done.push({ noun: 'device profile', name: wanted.name, id, outcome });
  }
  if (nova === undefined) return done;
  for (const wanted of plan.flavors)
    done.push(await applyFlavor(wanted, { nova, there: flavors.get(wanted.name), signal }));
  return done;
}

async function readFlavors(plan: FlavorPlan, nova: NovaFlavors | undefined, signal: AbortSignal) {
  if (plan.flavors.length === 0) return new Map<string, NovaFlavor>();
  if (nova !== undefined) return nova.byName(signal);
  throw new UsageError(
    'the plan has flavors, and no cloud is known to make them in: name it with --os-cloud or OS_CLOUD, source an ' +
      'openrc file, or leave the flavors out with --no-nova',
  );
}

interface FlavorContext {
  readonly nova: NovaFlavors;
  readonly there: NovaFlavor | undefined;
  readonly signal: AbortSignal;
}

/** Nova takes two calls; one that was interrupted between them is completed. */
async function applyFlavor(
  { profile, ...wanted }: PlannedFlavor,
  { nova, there, signal }: FlavorContext,
): Promise<AppliedPart> {
  const id = there?.id ?? (await nova.create(wanted, signal));
  if (there?.profile !== profile) await nova.setProfile(id, profile, signal);
  const outcome = there === undefined ? 'created' : there.profile === profile ? 'unchanged' : 'completed';
  return { noun: 'flavor', name: wanted.name, id, outcome };
}

function requireSameProfile(wanted: PlannedProfile, there: DeviceProfile | undefined): void {
  if (there === undefined || groupsText(there.groups) === groupsText(wanted.groups)) return;
  throw new UsageError(
    `device profile ${wanted.name} exists and asks for something else: ${JSON.stringify(there.groups)}; ` +
      `give this one another name, or see: cyborg profile show ${wanted.name}`,
  );
}

function requireSameFlavor(wanted: PlannedFlavor, there: NovaFlavor | undefined): void {
  if (there === undefined) return;
  const sizes = (['vcpus', 'ramMb', 'diskGb'] as const).filter((key) => there[key] !== wanted[key]);
  const isOther = there.profile !== null && there.profile !== wanted.profile;
  if (sizes.length === 0 && !isOther) return;
  const differs = [
    ...sizes.map((key) => `${key} ${there[key]}`),
    ...(isOther ? [`device profile ${there.profile}`] : []),
  ];
  throw new UsageError(
    `Nova has a flavor ${wanted.name} with ${differs.join(', ')}; give this one another name, or the same size`,
  );
}

const groupsText = (groups: readonly DeviceProfileGroup[]): string =>
  JSON.stringify(groups.map((group) => Object.entries(group).sort(([a], [b]) => (a < b ? -1 : 1))));
