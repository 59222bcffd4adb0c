import { z } from 'zod';

/** How another service answers to this one. */
export const PeerStatus = z.object({
  name: z.enum(['database', 'bus', 'keystone', 'placement', 'nova', 'glance']),
  /** Where it is, for people; without passwords. */
  address: z.string(),
  usable: z.boolean(),
  /** What was found, or what keeps it from being used; for people. */
  found: z.string(),
});
export type PeerStatus = z.output<typeof PeerStatus>;

/** A rule by which devices are made ready without an operator. */
export const RuleFit = z.object({
  /** `rule:1`, as it shows as the asker of operations. */
  name: z.string(),
  /** Its conditions and what it asks for, for people. */
  text: z.string(),
  /** How many devices that are there it is the first to fit. */
  devices: z.int(),
});
export type RuleFit = z.output<typeof RuleFit>;

/** What the service says of itself and of its caller. */
export const Diagnosis = z.object({
  version: z.string(),
  /** Time of the service, to compare clocks by. */
  now: z.iso.datetime(),
  caller: z.object({
    user: z.string(),
    project: z.string().nullable(),
    roles: z.array(z.string()),
    /** Rules of the policy that do not let the caller pass: `cyborg:device:install`. */
    refused: z.array(z.string()),
  }),
  /** The services that are configured, and no others. */
  peers: z.array(PeerStatus),
  /** The first that fits a device counts; none where an operator is asked for each. */
  autoReady: z.array(RuleFit).default([]),
});
export type Diagnosis = z.output<typeof Diagnosis>;
