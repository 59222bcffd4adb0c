import type { DeviceProfile, FlavorProposal, ProposedTrait } from '@cyborgjs/core';
import type { StoredDevice } from '../store/device.ts';
import { explainTrait, type TraitKind } from './explain-trait.ts';
import { fitFlavor, type PlacementView } from './fit-flavor.ts';
import {
  type FlavorDraft,
  isOpen,
  isSame,
  modelsOf,
  type Part,
  proposeFlavors,
  type WantedFlavors,
} from './propose-flavors.ts';

interface FlavorSources {
  readonly devices: readonly StoredDevice[];
  /** Those that exist. */
  readonly profiles: readonly Pick<DeviceProfile, 'name' | 'groups'>[];
  /** Null where there is no Placement. */
  readonly placement: PlacementView | null;
}

/** Proposes flavors for what is there, each with how many servers it would fit now. */
export function describeFlavors(
  { devices, profiles, placement }: FlavorSources,
  wanted: Omit<WantedFlavors, 'profiles'>,
): Promise<FlavorProposal[]> {
  const drafts = proposeFlavors(devices, { ...wanted, profiles });
  return Promise.all(
    drafts.map(async (draft) => ({
      ...summaryOf(draft),
      fit: await fitFlavor(draft.groups, { devices, placement }),
      existing: profiles.find(({ groups }) => isSame(groups, draft.groups))?.name ?? null,
    })),
  );
}

function summaryOf({ name, description, groups, resourceClass, required, parts }: FlavorDraft) {
  const units = (some: readonly Part[]) => some.reduce((sum, { deployable }) => sum + deployable.total, 0);
  return {
    name,
    description,
    groups,
    resourceClass,
    units: groups.length,
    traits: proposedTraits(parts, new Set(required)),
    models: modelsOf(parts),
    hosts: [...new Set(parts.map(({ device }) => device.host))].sort(),
    total: units(parts),
    closed: units(parts.filter((part) => !isOpen(part))),
    warnings: warningsOf(parts),
    simulated: parts.every(({ device }) => device.simulated),
  };
}

const generality: readonly TraitKind[] = [
  'maker',
  'size',
  'network',
  'hotplug',
  'capability',
  'model',
  'function',
  'other',
  'product',
  'owner',
];

function proposedTraits(parts: readonly Part[], required: ReadonlySet<string>): ProposedTrait[] {
  const names = new Set(parts.flatMap(({ deployable }) => deployable.traits));
  const rank = (name: string) => (required.has(name) ? 0 : 100) + generality.indexOf(explainTrait(name).kind);
  return [...names]
    .sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1))
    .map((name) => ({
      name,
      meaning: explainTrait(name).meaning,
      required: required.has(name),
      deployables: parts.filter(({ deployable }) => deployable.traits.includes(name)).length,
    }));
}

function warningsOf(parts: readonly Part[]): string[] {
  const types = new Set(parts.flatMap(({ deployable }) => deployable.handles.map(({ type }) => type)));
  const foreign = [...types].filter((type) => type !== 'PCI').sort();
  return [
    ...(parts.some(isOpen)
      ? []
      : ['No device of it is ready, so that no server fits: cyborg device ready DEVICE']),
    ...(foreign.length === 0
      ? []
      : [
          `Some of it is of type ${foreign.join(', ')}. Nova takes PCI functions only, and ignores all ` +
            'accelerators of a server when one is of another type.',
        ]),
  ];
}
