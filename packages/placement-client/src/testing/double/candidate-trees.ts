import { type PlacementState, type ProviderRow, rootOf } from './placement-state.ts';

/** The trait of providers that give of theirs to all who are in an aggregate with them. */
const sharingTrait = 'MISC_SHARES_VIA_AGGREGATE';

/** A tree, and who of other trees gives to it. */
export interface CandidateTree {
  readonly root: ProviderRow;
  readonly providers: readonly ProviderRow[];
  readonly sharing: readonly ProviderRow[];
}

/** All trees. A provider shares with every tree of which some provider is in an aggregate with it. */
export function candidateTrees(state: PlacementState): CandidateTree[] {
  const all = [...state.providers.values()];
  const trees = Map.groupBy(all, (provider) => rootOf(state, provider));
  const sharing = all.filter(({ traits }) => traits.includes(sharingTrait));
  return [...trees].flatMap(([uuid, providers]) => {
    const root = state.providers.get(uuid);
    if (root === undefined) return [];
    const aggregates = new Set(providers.flatMap((provider) => provider.aggregates));
    const others = sharing.filter(
      (provider) => !providers.includes(provider) && provider.aggregates.some((uuid) => aggregates.has(uuid)),
    );
    return [{ root, providers, sharing: others }];
  });
}
