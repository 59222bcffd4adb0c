import { isDeepStrictEqual } from 'node:util';
import type { DiscoveredDeployable, DiscoveredHandle } from '@cyborgjs/core';
import type { StoredAttribute } from '../store/attribute.ts';
import type { DeployableChanges, StoredDeployable, StoredHandle } from '../store/deployable.ts';

/** What must change so that the stored deployables of a device are the reported ones. */
export interface DeployablesDiff {
  readonly added: readonly DiscoveredDeployable[];
  readonly changed: readonly DeployableDiff[];
  /** No longer reported, and nothing holds them. */
  readonly removed: readonly StoredDeployable[];
}

/** What must change of one deployable. */
export interface DeployableDiff {
  readonly deployable: StoredDeployable;
  readonly facts: DeployableChanges;
  readonly handles: HandlesDiff;
  readonly attributes: AttributesDiff;
}

export interface HandlesDiff {
  readonly added: readonly DiscoveredHandle[];
  readonly changed: readonly {
    readonly handle: StoredHandle;
    readonly changes: Partial<Pick<StoredHandle, 'type' | 'info' | 'present'>>;
  }[];
  readonly removed: readonly StoredHandle[];
}

export interface AttributesDiff {
  readonly added: readonly { readonly key: string; readonly value: string }[];
  readonly changed: readonly { readonly attribute: StoredAttribute; readonly value: string }[];
  readonly removed: readonly StoredAttribute[];
}

/**
 * Compares the deployables of one device. What is no longer reported but held (a handle by a consumer, the
 * provider by Placement) is kept, marked as not present.
 */
export function diffDeployables(
  stored: readonly StoredDeployable[],
  reported: readonly DiscoveredDeployable[],
  isRetained: (deployable: StoredDeployable) => boolean,
): DeployablesDiff {
  const reportedByName = new Map(reported.map((deployable) => [deployable.name, deployable]));
  const storedNames = new Set(stored.map((deployable) => deployable.name));
  const missing = stored.filter(({ name }) => !reportedByName.has(name));
  const kept = missing.filter((deployable) => isRetained(deployable) || isHeld(deployable));
  const changed = stored.map((deployable) => {
    const now = reportedByName.get(deployable.name);
    if (now !== undefined) return diffDeployable(deployable, now);
    return kept.includes(deployable) ? diffKept(deployable) : undefined;
  });
  return {
    added: reported.filter(({ name }) => !storedNames.has(name)),
    changed: changed.filter((diff) => diff !== undefined),
    removed: missing.filter((deployable) => !kept.includes(deployable)),
  };
}

/** Whether a consumer holds any handle of a deployable. */
export function isHeld(deployable: StoredDeployable): boolean {
  return deployable.handles.some((handle) => handle.inUse);
}

/** Whether nothing has to be done. */
export function isEmptyDiff({ added, changed, removed }: DeployablesDiff): boolean {
  return added.length + changed.length + removed.length === 0;
}

/** The `/v2` attributes that a deployable has of itself. */
export function attributesOf({
  resourceClass,
  traits,
}: Pick<DiscoveredDeployable, 'resourceClass' | 'traits'>): {
  readonly key: string;
  readonly value: string;
}[] {
  return [
    { key: 'rc', value: resourceClass },
    ...traits.map((trait, index) => ({ key: `trait${index}`, value: trait })),
  ];
}

function diffDeployable(
  stored: StoredDeployable,
  reported: DiscoveredDeployable,
): DeployableDiff | undefined {
  const facts: DeployableChanges = {
    ...(stored.resourceClass === reported.resourceClass ? {} : { resourceClass: reported.resourceClass }),
    ...(isDeepStrictEqual(stored.traits, reported.traits) ? {} : { traits: reported.traits }),
    ...(stored.total === reported.handles.length ? {} : { total: reported.handles.length }),
    ...(stored.present ? {} : { present: true }),
  };
  const handles = diffHandles(stored.handles, reported.handles);
  const attributes = diffAttributes(stored.attributes, attributesOf(reported));
  return orNothing({ deployable: stored, facts, handles, attributes });
}

function diffKept(stored: StoredDeployable): DeployableDiff | undefined {
  const facts: DeployableChanges = {
    ...(stored.total === 0 ? {} : { total: 0 }),
    ...(stored.present ? { present: false } : {}),
  };
  const attributes = { added: [], changed: [], removed: [] };
  return orNothing({ deployable: stored, facts, handles: diffHandles(stored.handles, []), attributes });
}

function diffHandles(stored: readonly StoredHandle[], reported: readonly DiscoveredHandle[]): HandlesDiff {
  const reportedById = new Map(reported.map((handle) => [handle.id, handle]));
  const storedIds = new Set(stored.map((handle) => handle.id));
  const changed = stored.map((handle) => {
    const now = reportedById.get(handle.id);
    if (now === undefined && !handle.inUse) return undefined;
    const changes = {
      ...(now === undefined || now.type === handle.type ? {} : { type: now.type }),
      ...(now === undefined || isDeepStrictEqual(now.info, handle.info) ? {} : { info: now.info }),
      ...(handle.present === (now !== undefined) ? {} : { present: now !== undefined }),
    };
    return Object.keys(changes).length === 0 ? undefined : { handle, changes };
  });
  return {
    added: reported.filter(({ id }) => !storedIds.has(id)),
    changed: changed.filter((change) => change !== undefined),
    removed: stored.filter((handle) => !reportedById.has(handle.id) && !handle.inUse),
  };
}

function diffAttributes(
  stored: readonly StoredAttribute[],
  wanted: readonly { readonly key: string; readonly value: string }[],
): AttributesDiff {
  const wantedByKey = new Map(wanted.map(({ key, value }) => [key, value]));
  const firstOfKey = new Map(stored.toReversed().map((attribute) => [attribute.key, attribute]));
  return {
    added: wanted.filter(({ key }) => !firstOfKey.has(key)),
    changed: [...firstOfKey.values()].flatMap((attribute) => {
      const value = wantedByKey.get(attribute.key);
      return value === undefined || value === attribute.value ? [] : [{ attribute, value }];
    }),
    removed: stored.filter(
      (attribute) => !wantedByKey.has(attribute.key) || firstOfKey.get(attribute.key) !== attribute,
    ),
  };
}

function orNothing(diff: DeployableDiff): DeployableDiff | undefined {
  const parts = [...Object.values(diff.handles), ...Object.values(diff.attributes)];
  const nothing = Object.keys(diff.facts).length === 0 && parts.every((part) => part.length === 0);
  return nothing ? undefined : diff;
}
