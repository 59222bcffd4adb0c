import { DriverError } from '@cyborgjs/driver-sdk';
import type { MigProfile } from './mig-profile.ts';

/** A GPU instance that is wanted, at its place. */
export interface PlannedInstance {
  readonly profile: MigProfile;
  readonly start: number;
}

/** The layouts of MIG, as `parseLayout` reads them. */
interface WantedProfiles {
  readonly profiles: readonly string[];
  readonly fill: boolean;
}

/**
 * Places the instances of a layout on a card, always in the same way for the same card: what fits is not a matter of
 * sums, for each profile may only begin at some slices.
 *
 * @param known the card's profiles, with all their places
 * @throws `invalid` for a profile that the card does not have, and for instances that do not fit beside each other
 */
export function planMigLayout(wanted: WantedProfiles, known: readonly MigProfile[]): PlannedInstance[] {
  const profiles = wanted.profiles.map((name) => requireProfile(name, known));
  const [only] = profiles;
  if (wanted.fill && only !== undefined) return fillWith(only);
  // The large first: they have the fewest places.
  const order = profiles.toSorted((left, right) => right.size - left.size || left.id - right.id);
  const plan = placeAll(order, []);
  if (plan !== undefined) return plan;
  throw new DriverError('invalid', `${wanted.profiles.join(',')} do not fit beside each other on this GPU`, {
    hint: `Its profiles and the memory slices at which each may begin: ${known.map(placesOf).join('; ')}.`,
  });
}

function requireProfile(name: string, known: readonly MigProfile[]): MigProfile {
  const profile = known.find((one) => one.name === name);
  if (profile !== undefined) return profile;
  throw new DriverError('invalid', `this GPU has no MIG profile ${name}`, {
    hint: `It has ${known.map((one) => one.name).join(', ') || 'none'}.`,
  });
}

const placesOf = ({ name, starts, size }: MigProfile): string => `${name} {${starts.join(',')}}:${size}`;

function fillWith(profile: MigProfile): PlannedInstance[] {
  const plan: PlannedInstance[] = [];
  for (const start of profile.starts.toSorted((left, right) => left - right))
    if (plan.length < profile.total && fits(plan, { profile, start })) plan.push({ profile, start });
  return plan;
}

/** Tries every place in turn. There are at most eight slices, so that this ends soon. */
function placeAll(
  left: readonly MigProfile[],
  placed: readonly PlannedInstance[],
): PlannedInstance[] | undefined {
  const [profile, ...rest] = left;
  if (profile === undefined) return [...placed];
  if (placed.filter((one) => one.profile === profile).length >= profile.total) return undefined;
  for (const start of profile.starts.toSorted((one, other) => one - other)) {
    if (!fits(placed, { profile, start })) continue;
    const plan = placeAll(rest, [...placed, { profile, start }]);
    if (plan !== undefined) return plan;
  }
  return undefined;
}

function fits(placed: readonly PlannedInstance[], { profile, start }: PlannedInstance): boolean {
  return !placed.some((one) => start < one.start + one.profile.size && one.start < start + profile.size);
}
