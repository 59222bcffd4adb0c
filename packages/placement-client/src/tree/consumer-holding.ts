import type { Placement } from '../placement.ts';
import type { CallOptions } from '../placement-call.ts';
import { PlacementError } from '../placement-error.ts';

/** What one consumer has of one provider. */
export interface ConsumerHolding {
  /** Its uuid. */
  readonly consumer: string;
  /** The uuid of the provider. */
  readonly provider: string;
  /** Amounts by class. */
  readonly resources: Readonly<Record<string, number>>;
}

/** What every consumer has of a provider. @throws PlacementError `placement.not_found` */
export async function holdingsOf(
  placement: Placement,
  provider: string,
  call: CallOptions = {},
): Promise<ConsumerHolding[]> {
  const { allocations } = await placement.resourceProviders.allocations(provider, call);
  return Object.entries(allocations).map(([consumer, { resources }]) => ({ consumer, provider, resources }));
}

/** That something cannot go because of its consumers, all of them named. */
export function inUse(what: string, consumers: readonly ConsumerHolding[]): PlacementError {
  const uuids = [...new Set(consumers.map(({ consumer }) => consumer))];
  return new PlacementError(
    'placement.resource_provider.inuse',
    `${what} has allocations of ${uuids.length === 1 ? 'consumer' : 'consumers'} ${uuids.join(', ')}; move or clear ` +
      'them first',
    { details: { consumers } },
  );
}
