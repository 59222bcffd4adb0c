import type { FlavorProposal } from '@cyborgjs/core';
import type { FlavorPlan, PlanComments, PlannedFlavor } from './flavor-plan.ts';

/** What a flavor has besides accelerators. */
export type FlavorSize = Pick<PlannedFlavor, 'vcpus' | 'ramMb' | 'diskGb'>;

/** A plan for some proposals; without a size there are no flavors in it. Profiles that exist are not made again. */
export function planFromProposals(
  proposals: readonly FlavorProposal[],
  size: FlavorSize | undefined,
): FlavorPlan {
  const profiles = proposals
    .filter(({ existing }) => existing === null)
    .map(({ name, description, groups }) => ({ name, description, groups }));
  const flavors = proposals.map(({ name, existing }) => ({ name, profile: existing ?? name, ...size }));
  return { profiles, flavors: size === undefined ? [] : flavors.map((flavor) => ({ ...flavor, ...size })) };
}

/** What the comments of a plan say: what each profile covers, what its traits mean, what fits. */
export function commentsOn(proposals: readonly FlavorProposal[]): PlanComments {
  return new Map(
    proposals.map((proposal) => [
      proposal.name,
      [
        coverText(proposal),
        fitText(proposal),
        ...proposal.traits
          .filter(({ required, name }) => required || name.startsWith('CUSTOM_'))
          .map(
            ({ name, required, meaning }) => `${required ? 'asks for' : 'could ask for'} ${name}: ${meaning}`,
          ),
        ...proposal.warnings.map((warning) => `Beware: ${warning}`),
      ].map((line) => line.replace(/[\r\n]+/g, ' ')),
    ]),
  );
}

/** `NVIDIA H200 SXM; 2 on 1 host` */
export function coverText({ models, total, hosts, simulated }: FlavorProposal): string {
  const shown = models.length > 3 ? `${models.slice(0, 3).join(', ')} and others` : models.join(', ');
  const places = hosts.length === 1 ? '1 host' : `${hosts.length} hosts`;
  return `${shown}; ${total} on ${places}${simulated ? ', simulated' : ''}`;
}

/** `fits 1 server now, by Placement; 1 of 2 not given out` */
export function fitText({ fit, closed, total }: Pick<FlavorProposal, 'fit' | 'closed' | 'total'>): string {
  const servers = `${fit.servers} server${fit.servers === 1 ? '' : 's'}`;
  const source = fit.countedBy === 'placement' ? 'by Placement' : 'by our own inventory';
  const rest = closed === 0 ? '' : `; ${closed} of ${total} not given out (not ready, disabled or sick)`;
  return `fits ${servers} now, ${source}${rest}${fit.note === null ? '' : ` (${fit.note})`}`;
}
