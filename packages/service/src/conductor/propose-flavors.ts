import {
  type DeviceKind,
  type DeviceProfile,
  type DeviceProfileGroup,
  flavorDescription,
  flavorGroups,
  hotplugTrait,
  isUsable,
  type Trait,
} from '@cyborgjs/core';
import type { StoredDeployable } from '../store/deployable.ts';
import type { StoredDevice } from '../store/device.ts';
import { type ExplainedTrait, explainTrait, flavorWord, type TraitKind } from './explain-trait.ts';

/** What flavors are wanted for. */
export interface WantedFlavors {
  /** Accelerators per server. */
  readonly units: number;
  /** Only what can be added to a server that runs. */
  readonly hotplug: boolean;
  readonly kind?: DeviceKind | undefined;
  /** Names that device profiles have, which a new one cannot get; without those that ask for the same. */
  readonly profiles: readonly Pick<DeviceProfile, 'name' | 'groups'>[];
}

/** A flavor that would make sense, before anybody has counted how many servers it would fit. */
export interface FlavorDraft {
  readonly name: string;
  readonly description: string;
  readonly groups: DeviceProfileGroup[];
  readonly resourceClass: StoredDeployable['resourceClass'];
  readonly required: readonly Trait[];
  /** The deployables that it covers. */
  readonly parts: readonly Part[];
}

/** A deployable and the device that it is a part of. */
export interface Part {
  readonly device: StoredDevice;
  readonly deployable: StoredDeployable;
}

/** What two accelerators must have in common before anybody would take one for the other. */
const indispensable: ReadonlySet<TraitKind> = new Set(['maker', 'size', 'network']);
/** What may tell alike accelerators apart, the most general first. */
const distinctions: readonly TraitKind[] = ['capability', 'hotplug', 'model', 'function', 'other', 'product'];
/** Most flavors by distinctions for what is otherwise alike: nobody reads more. */
const maxDistinctions = 20;

/**
 * Flavors for what is there. For each family of accelerators that could stand in for one another, one that takes any of
 * them; and for every trait that tells some of them apart, one that asks for it. Of two that cover the same, the more
 * general. Sorted by name.
 */
export function proposeFlavors(devices: readonly StoredDevice[], wanted: WantedFlavors): FlavorDraft[] {
  const parts = partsOf(devices).filter((part) => !wanted.hotplug || hasTrait(part, hotplugTrait));
  const families = Map.groupBy(parts, (part) => JSON.stringify(needsOfFamily(part, wanted)));
  const drafts = [...families.values()].flatMap((family) => draftsOfFamily(family, parts, wanted));
  const fitting = drafts.filter(
    ({ parts: [first] }) => wanted.kind === undefined || first?.device.kind === wanted.kind,
  );
  return withUniqueNames(fitting, wanted.profiles).sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** The deployables that are there, of devices that are. */
export function partsOf(devices: readonly StoredDevice[]): Part[] {
  return devices
    .filter(({ state }) => state !== 'gone')
    .flatMap((device) =>
      device.deployables
        .filter(({ present, total }) => present && total > 0)
        .map((deployable) => ({ device, deployable })),
    );
}

/** Whether it is given out, as far as we alone decide. */
export const isOpen = ({ device }: Part): boolean => device.state === 'ready' && isUsable(device.health);

interface FamilyNeeds {
  readonly resourceClass: StoredDeployable['resourceClass'];
  readonly required: readonly Trait[];
}

function needsOfFamily({ deployable }: Part, { hotplug }: WantedFlavors): FamilyNeeds {
  const required = deployable.traits.filter(
    (trait) =>
      isAskable(trait) &&
      (indispensable.has(explainTrait(trait).kind) || (hotplug && trait === hotplugTrait)),
  );
  return { resourceClass: deployable.resourceClass, required: required.sort() };
}

function draftsOfFamily(family: readonly Part[], all: readonly Part[], wanted: WantedFlavors): FlavorDraft[] {
  const [first] = family;
  if (first === undefined) return [];
  const { resourceClass, required } = needsOfFamily(first, wanted);
  const candidates = [[], ...distinguishingTraits(family).map((trait) => [trait])].map((further) =>
    draft({ resourceClass, required, further, all, units: wanted.units }),
  );
  const seen = new Set<string>();
  return candidates.filter(({ parts }) => {
    const covered = JSON.stringify(parts.map(({ deployable }) => deployable.id));
    const isNew = !seen.has(covered);
    seen.add(covered);
    // No trait tells kinds apart: a network card is no stand-in for a disk of the same maker.
    return isNew && new Set(parts.map(({ device }) => device.kind)).size === 1;
  });
}

/** Traits that some of a family have and others do not, the most general first. */
function distinguishingTraits(family: readonly Part[]): Trait[] {
  const names = new Set(family.flatMap(({ deployable }) => deployable.traits).filter(isAskable));
  const partial = [...names].filter((name) => !family.every((part) => hasTrait(part, name)));
  const rank = (name: Trait) => distinctions.indexOf(explainTrait(name).kind);
  return partial
    .filter((name) => rank(name) >= 0)
    .sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1))
    .slice(0, maxDistinctions);
}

interface DraftInit extends FamilyNeeds {
  readonly further: readonly Trait[];
  readonly all: readonly Part[];
  readonly units: number;
}

function draft({ resourceClass, required: needed, further, all, units }: DraftInit): FlavorDraft {
  const required = [...new Set([...needed, ...further])];
  const parts = all.filter(
    (part) =>
      part.deployable.resourceClass === resourceClass && required.every((trait) => hasTrait(part, trait)),
  );
  const explained = required.map((name) => ({ name, ...explainTrait(name) }));
  const content = { resourceClass, units, required: explained };
  return {
    name: nameOf(resourceClass, parts, { explained, units }),
    description: flavorDescription(content),
    groups: flavorGroups(content),
    resourceClass,
    required,
    parts,
  };
}

/** Standard classes say the kind better than the device does: a whole GPU and a part of one are not alike. */
const words: Readonly<Record<string, string>> = { PGPU: 'gpu', VGPU: 'vgpu', FPGA: 'fpga' };

interface Naming {
  readonly explained: readonly ExplainedTrait[];
  readonly units: number;
}

function nameOf(resourceClass: string, parts: readonly Part[], { explained, units }: Naming): string {
  const kind = words[resourceClass] ?? parts[0]?.device.kind ?? resourceClass;
  // A class of its own for each size says it already: CUSTOM_MIG_1G_18GB.
  const size = /^CUSTOM_MIG_(\w+)$/.exec(resourceClass)?.[1] ?? '';
  const traits = explained.map(({ word }) => word).filter((word) => word !== flavorWord(size));
  const count = units === 1 ? '' : `x${units}`;
  return [kind, ...traits, size, count].map(flavorWord).filter(Boolean).join('-').slice(0, 200);
}

/** Models of the devices behind some deployables, each once. */
export const modelsOf = (parts: readonly Part[]): string[] =>
  [...new Set(parts.map(({ device }) => device.model))].sort();

const hasTrait = ({ deployable }: Part, trait: Trait): boolean => deployable.traits.includes(trait);

/** `/v2` takes custom traits only, as Cyborg does; Nova would take the others. */
const isAskable = (trait: Trait): boolean => trait.startsWith('CUSTOM_');

/** A profile of that name that asks for the same is no other one. */
function withUniqueNames(drafts: readonly FlavorDraft[], profiles: WantedFlavors['profiles']): FlavorDraft[] {
  const used = new Set<string>();
  return drafts.map((one) => {
    const isTaken = (name: string) =>
      used.has(name) ||
      profiles.some((profile) => profile.name === name && !isSame(profile.groups, one.groups));
    let name = one.name;
    for (let count = 2; isTaken(name); count++) name = `${one.name}-${count}`;
    used.add(name);
    return { ...one, name };
  });
}

/** Whether two profiles ask for the same; the order of keys means nothing, that of groups does. */
export function isSame(one: readonly DeviceProfileGroup[], other: readonly DeviceProfileGroup[]): boolean {
  const sorted = (groups: readonly DeviceProfileGroup[]) =>
    JSON.stringify(groups.map((group) => Object.entries(group).sort(([a], [b]) => (a < b ? -1 : 1))));
  return sorted(one) === sorted(other);
}
