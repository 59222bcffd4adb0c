import {
  CyborgError,
  DeviceProfile,
  type DeviceProfileGroup,
  isCyborgError,
  normaliseUuid,
  pageOf,
} from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { isSame } from '../../conductor/propose-flavors.ts';
import type { ApiContext } from '../api-components.ts';
import { conductorFor } from '../audit.ts';
import { readDeviceProfileRequest } from '../v2/device-profile-request.ts';
import { collectionQuery, noQuery, refusals } from './route-schema.ts';

/** Request groups as they come in; what may stand in them is the same as in `/v2`. */
export const ProfileGroups = z
  .array(z.record(z.string(), z.string().nullable()))
  .min(1)
  .max(64)
  .describe('Each served by one provider: resources:<class>, trait:<name> and accel:<key>.');

const NewDeviceProfile = z.strictObject({
  name: z.string().describe('Letters, digits, - and _.'),
  description: z.string().nullable().default(null),
  groups: ProfileGroups,
});

const Which = z.object({ which: z.string().describe('An id, or a name.') });

/** `/v3/device-profiles`: the same as below `/v2`, with the manners of `/v3`. */
export function registerDeviceProfiles(app: FastifyInstance, context: ApiContext): void {
  registerReads(app, context);
  registerWrites(app, context);
}

/** Checks groups by the rules of `/v2`; throws `request.invalid`. */
export function readGroups(groups: z.output<typeof ProfileGroups>): DeviceProfileGroup[] {
  return [...readDeviceProfileRequest([{ name: 'groups', groups }]).groups];
}

function registerReads(app: FastifyInstance, context: ApiContext): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  routes.route({
    method: 'GET',
    url: '/v3/device-profiles',
    config: { rule: 'cyborg:device_profile:get_all' },
    schema: {
      tags: ['device profiles'],
      summary: 'List device profiles in order of arrival',
      querystring: collectionQuery({}),
      response: { 200: pageOf(DeviceProfile), ...refusals },
    },
    handler: async (request) => {
      const { items, next } = await context.store.deviceProfiles.list(request.query);
      return { items: [...items], next };
    },
  });
  routes.route({
    method: 'GET',
    url: '/v3/device-profiles/:which',
    config: { rule: 'cyborg:device_profile:get_one' },
    schema: {
      tags: ['device profiles'],
      summary: 'Show a device profile',
      params: Which,
      querystring: noQuery,
      response: { 200: DeviceProfile, ...refusals },
    },
    handler: ({ params }) => findProfile(context, params.which),
  });
}

function registerWrites(app: FastifyInstance, context: ApiContext): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  routes.route({
    method: 'POST',
    url: '/v3/device-profiles',
    config: { rule: 'cyborg:device_profile:create' },
    schema: {
      tags: ['device profiles'],
      summary: 'Create a device profile; 200 when there is one of that name that says the same',
      querystring: noQuery,
      body: NewDeviceProfile,
      response: { 200: DeviceProfile, 201: DeviceProfile, ...refusals },
    },
    handler: async (request, reply) => {
      const { name, description, groups } = readDeviceProfileRequest([request.body]);
      const wanted = { name, description, groups: [...groups] };
      try {
        const made = await conductorFor(request, context, [name]).createDeviceProfile(wanted);
        return reply.code(201).send(made);
      } catch (error) {
        if (!isCyborgError(error) || error.code !== 'device_profile.exists') throw error;
        const there = await context.store.deviceProfiles.findByName(name);
        // Whoever lost the answer asks again for what has been made.
        if (there?.description === description && isSame(there.groups, groups)) return there;
        throw error;
      }
    },
  });
  routes.route({
    method: 'DELETE',
    url: '/v3/device-profiles/:which',
    config: { rule: 'cyborg:device_profile:delete' },
    schema: {
      tags: ['device profiles'],
      summary: 'Delete a device profile',
      params: Which,
      querystring: noQuery,
      response: { 204: z.undefined().describe('It is gone.'), ...refusals },
    },
    handler: async (request, reply) => {
      const { id } = await findProfile(context, request.params.which);
      await conductorFor(request, context, [id]).deleteDeviceProfiles([id]);
      return reply.code(204).send();
    },
  });
}

async function findProfile({ store }: ApiContext, which: string) {
  const profile =
    normaliseUuid(which) === undefined
      ? await store.deviceProfiles.findByName(which)
      : await store.deviceProfiles.find(which);
  if (profile !== undefined) return profile;
  throw new CyborgError('device_profile.not_found', `no device profile has the id or name ${which}`, {
    details: { which },
  });
}
