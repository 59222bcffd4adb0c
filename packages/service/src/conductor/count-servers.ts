import type { DeviceProfileGroup } from '@cyborgjs/core';

/** One provider with what it has left. */
export interface Pool {
  readonly host: string;
  /** Names the provider; the same in every group that it can serve. */
  readonly provider: string;
  readonly free: number;
}

/** One group of a device profile, and all that could serve it. */
export interface ServedGroup {
  /** Units that one provider has to give. */
  readonly amount: number;
  readonly pools: readonly Pool[];
}

/**
 * How many servers get all their groups served at once, each server on one host. Exact when the groups are alike or
 * compete for nothing; when different groups can be served by the same providers it may be less than the best packing,
 * never more.
 */
export function countServers(groups: readonly ServedGroup[]): number {
  if (groups.length === 0) return 0;
  const hosts = new Set(groups.flatMap(({ pools }) => pools.map(({ host }) => host)));
  return [...hosts].reduce((sum, host) => sum + onHost(groups.map((group) => restrict(group, host))), 0);
}

const restrict = ({ amount, pools }: ServedGroup, host: string): ServedGroup => ({
  amount,
  pools: pools.filter((pool) => pool.host === host),
});

function onHost(groups: readonly ServedGroup[]): number {
  const left = new Map(groups.flatMap(({ pools }) => pools.map(({ provider, free }) => [provider, free])));
  const rivals = (provider: string) =>
    groups.filter(({ pools }) => pools.some((pool) => pool.provider === provider)).length;
  // Who has the fewest to choose from chooses first, and takes what the fewest others could use.
  const order = [...groups].sort((one, other) => one.pools.length - other.pools.length);
  const choices = order.map(({ amount, pools }) => ({
    amount,
    providers: pools.map(({ provider }) => provider).sort((one, other) => rivals(one) - rivals(other)),
  }));
  for (let servers = 0; ; servers++) {
    for (const { amount, providers } of choices) {
      const chosen = providers.find((provider) => (left.get(provider) ?? 0) >= amount);
      if (chosen === undefined || amount < 1) return servers;
      left.set(chosen, (left.get(chosen) ?? 0) - amount);
    }
  }
}

/** What a group of a device profile asks Placement for. */
export interface GroupNeeds {
  readonly resources: Readonly<Record<string, number>>;
  readonly required: readonly string[];
  readonly forbidden: readonly string[];
}

/** Reads a group as Nova does: `accel:` properties are ours and no matter of Placement's. */
export function needsOfGroup(group: DeviceProfileGroup): GroupNeeds {
  const entries = Object.entries(group);
  const keys = (prefix: string, value?: string) =>
    entries.flatMap(([key, said]) =>
      key.startsWith(prefix) && (value === undefined || said === value) ? [key.slice(prefix.length)] : [],
    );
  return {
    resources: Object.fromEntries(
      keys('resources:')
        .map((name) => [name, Number(group[`resources:${name}`])] as const)
        .filter(([, amount]) => amount > 0),
    ),
    required: keys('trait:', 'required'),
    forbidden: keys('trait:', 'forbidden'),
  };
}
