import type { StoredDeployable } from '../store/deployable.ts';
import type { StoredHost } from '../store/host.ts';

/** Tells of each deployable of a host whether Placement keeps its provider because it is in use. */
export function isRetainedBy({ name, placement }: StoredHost): (deployable: StoredDeployable) => boolean {
  const retained = new Set(placement.retained);
  return (deployable) => retained.has(`${name}_${deployable.name}`);
}
