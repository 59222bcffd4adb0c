import { type DeviceKind, type DeviceProfileGroup, FlavorFit, FlavorProposal } from '@cyborgjs/core';
import { z } from 'zod';
import type { CallOptions } from './call-api.ts';
import type { NounInit } from './post-intent.ts';

/** What flavors are wanted for. */
export interface FlavorWish {
  /** Accelerators per server; 1 when it is not said. */
  readonly units?: number;
  /** Only what can be added to a server that runs. */
  readonly hotplug?: boolean;
  readonly kind?: DeviceKind;
}

/** Flavors that would make sense for what is there. */
export interface Flavors {
  /** Proposes device profiles, each with the servers that it would fit now; nothing is stored. */
  propose(wish?: FlavorWish, options?: CallOptions): Promise<readonly FlavorProposal[]>;
  /** Counts the servers that would get what some groups ask for. Rejects with `request.invalid`. */
  fit(groups: readonly DeviceProfileGroup[], options?: CallOptions): Promise<FlavorFit>;
}

const Proposals = z.object({ items: z.array(FlavorProposal) });

/** The proposals behind a connection. */
export function createFlavors({ callApi }: NounInit): Flavors {
  return {
    async propose({ units, hotplug, kind } = {}, options = {}) {
      const query = { units, kind, hotplug: hotplug === undefined ? undefined : String(hotplug) };
      const call = { method: 'GET', path: '/v3/flavors', query, answer: Proposals } as const;
      return (await callApi({ ...call, ...options })).items;
    },
    fit: (groups, options) =>
      callApi({ method: 'POST', path: '/v3/flavors/fit', body: { groups }, answer: FlavorFit, ...options }),
  };
}
