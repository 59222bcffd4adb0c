import type { Uuid } from '@cyborgjs/core';
import { createConsumers, isPlacementError, type Placement } from '@cyborgjs/placement-client';
import { askingMs } from './claim-turn.ts';

/** What Placement knows the consumers of attachments by. */
const consumerType = 'ACCELERATOR_ATTACHMENT';

/** One unit that an attachment shall have. */
export interface WantedClaim {
  readonly attachmentId: Uuid;
  readonly providerId: Uuid;
  readonly resourceClass: string;
  readonly projectId: string;
  readonly userId: string;
}

/** What Placement says to a claim. */
export interface ClaimAnswer {
  /** The reason where it does not give it. */
  readonly refused: string | null;
  /**
   * Whether it may give it a moment later: it is closed, as a rule because its agent has not opened it yet, or by now
   * has something free. Otherwise others have it.
   */
  readonly mayYet: boolean;
}

/** What we need of Placement: that nobody else is given what an attachment has. All throw when it cannot be asked. */
export interface Claims {
  /** Takes the unit; taking it twice is once. */
  claim(wanted: WantedClaim): Promise<ClaimAnswer>;
  /** Gives back whatever an attachment has; nothing is as good. */
  release(attachmentId: Uuid): Promise<void>;
  /** Consumers that have something of a provider; none when Placement does not have it. */
  consumersOf(providerId: Uuid): Promise<readonly Uuid[]>;
  /** Whether a consumer is an attachment of some Cyborg. */
  isAttachment(consumer: Uuid): Promise<boolean>;
}

/** Claims by allocations of Placement, one consumer for each attachment and with its id. */
export function createClaims(placement: Placement): Claims {
  const consumers = createConsumers(placement);
  const inTime = () => ({ signal: AbortSignal.timeout(askingMs) });

  /** Looked at after the refusal: whoever has it is seen, unless he gives it back meanwhile. */
  async function isTaken({
    providerId,
    resourceClass,
  }: Pick<WantedClaim, 'providerId' | 'resourceClass'>): Promise<boolean> {
    const { usages } = await placement.usages.ofProvider(providerId, inTime());
    const { inventories } = await placement.inventories.get(providerId, inTime());
    const { total = 0, reserved = 0 } = inventories[resourceClass] ?? {};
    return reserved < total && (usages[resourceClass] ?? 0) >= total - reserved;
  }

  return {
    async claim({ attachmentId, providerId, resourceClass, projectId, userId }) {
      try {
        const allocations = { [providerId]: { resources: { [resourceClass]: 1 } } };
        const owner = { project_id: projectId, user_id: userId, consumer_type: consumerType };
        await consumers.claim(attachmentId, { ...owner, allocations }, inTime());
        return { refused: null, mayYet: false };
      } catch (error) {
        if (!isPlacementError(error, 'placement.allocation_refused')) throw error;
        return { refused: error.message, mayYet: !(await isTaken({ providerId, resourceClass })) };
      }
    },

    async release(attachmentId) {
      await consumers.clear(attachmentId, inTime());
    },

    async consumersOf(providerId) {
      try {
        const { allocations } = await placement.resourceProviders.allocations(providerId, inTime());
        return Object.keys(allocations) as Uuid[];
      } catch (error) {
        if (isPlacementError(error, 'placement.not_found')) return [];
        throw error;
      }
    },

    async isAttachment(consumer) {
      return (await consumers.read(consumer, inTime())).consumer_type === consumerType;
    },
  };
}
