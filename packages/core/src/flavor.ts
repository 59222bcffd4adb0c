import { z } from 'zod';
import { DeviceProfileGroup } from './device-profile.ts';
import { ResourceClass } from './resource-class.ts';
import { Trait } from './trait.ts';

/** Says of a deployable that what it gives out can be added to, and taken from, a running consumer. */
export const hotplugTrait = Trait.parse('CUSTOM_ACCEL_HOTPLUG');

/** How many servers could get what some groups ask for, all at the same time, as things stand now. */
export const FlavorFit = z.object({
  servers: z.int().nonnegative(),
  /**
   * Who was asked: `placement` knows of everything that is taken, `inventory` is our own count of free handles on
   * devices that are ready, for clouds without Placement.
   */
  countedBy: z.enum(['placement', 'inventory']),
  /** Why Placement was not asked, or did not answer, for people; null when nothing is to be said. */
  note: z.string().nullable(),
});
export type FlavorFit = z.output<typeof FlavorFit>;

/** A trait that deployables of a proposal have. */
export const ProposedTrait = z.object({
  name: Trait,
  /** What it means, for somebody who has never seen it. */
  meaning: z.string(),
  /** Whether the proposal asks for it. */
  required: z.boolean(),
  /** How many of the deployables that the proposal covers have it. */
  deployables: z.int().positive(),
});
export type ProposedTrait = z.output<typeof ProposedTrait>;

/** A device profile, and with it a flavor, that would make use of what is there. */
export const FlavorProposal = z.object({
  /** Fit for a device profile and for a flavor. */
  name: z.string(),
  description: z.string(),
  /** What the device profile would say. */
  groups: z.array(DeviceProfileGroup),
  resourceClass: ResourceClass,
  /** Accelerators per server. */
  units: z.int().positive(),
  /** Of the deployables that it covers; those that can be asked for first come first. */
  traits: z.array(ProposedTrait),
  /** Models of the devices that it covers, for people. */
  models: z.array(z.string()),
  hosts: z.array(z.string()),
  /** Accelerators that it covers, given out or not. */
  total: z.int().nonnegative(),
  /** Those of `total` on devices that nobody has made ready, or that are sick or closed. */
  closed: z.int().nonnegative(),
  fit: FlavorFit,
  /** Name of a device profile that asks for the same; null when there is none. */
  existing: z.string().nullable(),
  /** What should be known before it is made. */
  warnings: z.array(z.string()),
  /** True when only simulated hosts have it. */
  simulated: z.boolean(),
});
export type FlavorProposal = z.output<typeof FlavorProposal>;

/** The groups and the description of a device profile that asks for some accelerators of one class. */
export interface FlavorContent {
  readonly resourceClass: string;
  /** Accelerators per server. */
  readonly units: number;
  /** Traits that each of them must have, with what they mean. */
  readonly required: readonly { readonly name: string; readonly meaning: string }[];
}

/** One group for each accelerator: one provider serves a group, and those of one server may be on several cards. */
export function flavorGroups({ resourceClass, units, required }: FlavorContent): DeviceProfileGroup[] {
  return Array.from({ length: units }, () => ({
    [`resources:${resourceClass}`]: '1',
    ...Object.fromEntries(required.map(({ name }) => [`trait:${name}`, 'required'])),
  }));
}

/** What such a profile is for. Nothing in it grows old: it is kept with the profile. */
export function flavorDescription({ resourceClass, units, required }: FlavorContent): string {
  const count = units === 1 ? 'One' : String(units);
  return [`${count} of ${resourceClass}.`, ...required.map(({ meaning }) => meaning)].join(' ');
}
