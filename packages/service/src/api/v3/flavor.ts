import { DeviceKind, FlavorFit, FlavorProposal } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { describeFlavors } from '../../conductor/describe-flavors.ts';
import { fitFlavor } from '../../conductor/fit-flavor.ts';
import type { ApiContext } from '../api-components.ts';
import { ProfileGroups, readGroups } from './device-profile.ts';
import { noQuery, refusals } from './route-schema.ts';

/** Most accelerators that one server may get by a proposal. */
const maxUnits = 16;

const Wanted = z.strictObject({
  units: z.coerce
    .number()
    .int()
    .min(1)
    .max(maxUnits)
    .default(1)
    .describe('Accelerators that each server shall get.'),
  hotplug: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Only what can be added to a server that runs.'),
  kind: DeviceKind.optional().describe('Only devices of this kind.'),
});

/** `/v3/flavors`: device profiles and flavors that would make sense for what is there; nothing is stored. */
export function registerFlavors(app: FastifyInstance, { store, placement }: ApiContext): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  routes.route({
    method: 'GET',
    url: '/v3/flavors',
    config: { rule: 'cyborg:flavor:get_all' },
    schema: {
      tags: ['flavors'],
      summary: 'Propose flavors for what is there, and count the servers that would fit',
      querystring: Wanted,
      response: { 200: z.object({ items: z.array(FlavorProposal) }), ...refusals },
    },
    handler: async ({ query: { hotplug, ...wanted } }) => {
      const [devices, profiles] = await Promise.all([store.devices.list(), store.deviceProfiles.list()]);
      const sources = { devices: devices.items, profiles: profiles.items, placement };
      return { items: await describeFlavors(sources, { ...wanted, hotplug: hotplug === 'true' }) };
    },
  });
  routes.route({
    method: 'POST',
    url: '/v3/flavors/fit',
    config: { rule: 'cyborg:flavor:get_all' },
    schema: {
      tags: ['flavors'],
      summary: 'Count the servers that would get what some groups ask for; nothing is stored',
      querystring: noQuery,
      body: z.strictObject({ groups: ProfileGroups }),
      response: { 200: FlavorFit, ...refusals },
    },
    handler: async ({ body }) => {
      const { items } = await store.devices.list();
      return fitFlavor(readGroups(body.groups), { devices: items, placement });
    },
  });
}
