import { CyborgError, normaliseUuid, type Uuid } from '@cyborgjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { StoredDeviceProfile } from '../../store/device-profile.ts';
import type { ApiContext } from '../api-components.ts';
import { conductorFor } from '../audit.ts';
import { faultUpstream, invalid, readArguments } from './arguments.ts';
import { readDeviceProfileRequest } from './device-profile-request.ts';
import { faults } from './fault.ts';
import { Link, publicUrl, selfLink } from './link.ts';
import { requireMinor } from './microversion.ts';
import { readBody } from './request-body.ts';
import { spacedTimestamp, timestamp } from './timestamp.ts';

const Group = z.record(z.string(), z.string().nullable());

/** A device profile as Cyborg shows it in lists and after it was made. */
const DeviceProfileV2 = z.object({
  uuid: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  groups: z.array(Group),
  created_at: z.string(),
  updated_at: z.string().nullable(),
  links: z.array(Link),
});
type DeviceProfileV2 = z.output<typeof DeviceProfileV2>;

const NewDeviceProfile = z.object({
  name: z.string(),
  uuid: z.string().optional(),
  description: z.string().nullable().optional(),
  groups: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))),
});

const ProfileFilters = z.object({ name: z.string().optional().describe('Names, separated by commas.') });
const Which = z.object({ which: z.string().describe('A uuid, or a name.') });

/** `/v2/device_profiles`. */
export function registerDeviceProfiles(app: FastifyInstance, context: ApiContext): void {
  registerList(app, context);
  registerShow(app, context);
  registerCreate(app, context);
  registerDelete(app, context);
}

function registerList(app: FastifyInstance, { store, settings }: ApiContext): void {
  app.route({
    method: 'GET',
    url: '/v2/device_profiles',
    config: { rule: 'cyborg:device_profile:get_all' },
    schema: {
      tags: ['v2'],
      summary: 'List device profiles',
      querystring: ProfileFilters,
      response: { 200: z.object({ device_profiles: z.array(DeviceProfileV2) }), ...faults },
    },
    handler: async (request) => {
      const { name } = readArguments(request.query, Object.keys(ProfileFilters.shape));
      const { items } = await store.deviceProfiles.list({ names: name?.split(',') });
      const base = publicUrl(request, settings.publicEndpoint);
      return { device_profiles: items.map((profile) => deviceProfileV2(profile, base)) };
    },
  });
}

function registerShow(app: FastifyInstance, context: ApiContext): void {
  app.route<{ Params: z.output<typeof Which> }>({
    method: 'GET',
    url: '/v2/device_profiles/:which',
    config: { rule: 'cyborg:device_profile:get_one' },
    schema: {
      tags: ['v2'],
      summary: 'Show a device profile, by name from microversion 2.2 on',
      params: Which,
      response: { 200: z.object({ device_profile: DeviceProfileV2 }), ...faults },
    },
    handler: async (request) => {
      readArguments(request.query, []);
      const { which } = request.params;
      if (normaliseUuid(which) === undefined) requireMinor(request.minor, 2);
      const profile = await findProfile(context, which);
      return {
        device_profile: loneDeviceProfileV2(profile, publicUrl(request, context.settings.publicEndpoint)),
      };
    },
  });
}

function registerCreate(app: FastifyInstance, context: ApiContext): void {
  app.route({
    method: 'POST',
    url: '/v2/device_profiles',
    config: { rule: 'cyborg:device_profile:create' },
    schema: {
      tags: ['v2'],
      summary: 'Create a device profile; the list has exactly one',
      body: z.array(NewDeviceProfile).length(1),
      response: { 201: DeviceProfileV2, ...faults },
    },
    handler: async (request, reply) => {
      readArguments(request.query, []);
      const { id, ...wanted } = readDeviceProfileRequest(readBody(request.body, 'req_devprof_list'));
      await requireFree(context, wanted.name, id);
      const groups = [...wanted.groups];
      const conductor = conductorFor(request, context, [wanted.name]);
      const profile = await conductor.createDeviceProfile({ ...wanted, groups, id: id ?? undefined });
      return reply
        .code(201)
        .send(deviceProfileV2(profile, publicUrl(request, context.settings.publicEndpoint)));
    },
  });
}

/** Every form of asking: `?value=` or the path, with a uuid or with names separated by commas. All or none go. */
function registerDelete(app: FastifyInstance, context: ApiContext): void {
  const remove = async (request: FastifyRequest, value: string) => {
    const names = normaliseUuid(value) === undefined ? value.split(',') : [value];
    const ids = await findProfiles(context, names);
    await conductorFor(request, context, names).deleteDeviceProfiles(ids);
  };
  app.route({
    method: 'DELETE',
    url: '/v2/device_profiles',
    config: { rule: 'cyborg:device_profile:delete' },
    schema: {
      tags: ['v2'],
      summary: 'Delete device profiles',
      querystring: z.object({ value: z.string().describe('A uuid, or names separated by commas.') }),
      response: { 204: z.undefined(), ...faults },
    },
    handler: async (request, reply) => {
      const { value } = readArguments(request.query, ['value']);
      if (value === undefined) throw invalid('Missing argument: "value"');
      await remove(request, value);
      return reply.code(204).send();
    },
  });
  app.route<{ Params: z.output<typeof Which> }>({
    method: 'DELETE',
    url: '/v2/device_profiles/:which',
    config: { rule: 'cyborg:device_profile:delete' },
    schema: {
      tags: ['v2'],
      summary: 'Delete device profiles named in the path',
      params: Which,
      response: { 204: z.undefined(), ...faults },
    },
    handler: async (request, reply) => {
      readArguments(request.query, []);
      await remove(request, request.params.which);
      return reply.code(204).send();
    },
  });
}

async function findProfile({ store }: ApiContext, which: string): Promise<StoredDeviceProfile> {
  const id = normaliseUuid(which);
  const profile = await (id === undefined
    ? store.deviceProfiles.findByName(which)
    : store.deviceProfiles.find(id));
  if (profile !== undefined) return profile;
  throw profileNotFound(which);
}

/** The ids of profiles named or given by uuid, in two statements however many they are. */
async function findProfiles({ store }: ApiContext, which: readonly string[]): Promise<Uuid[]> {
  const wanted = [...new Set(which)].map((text) => ({ text, id: normaliseUuid(text) }));
  const names = wanted.flatMap(({ text, id }) => (id === undefined ? [text] : []));
  const ids = wanted.flatMap(({ id }) => id ?? []);
  const byName = await store.deviceProfiles.list({ names });
  const byId = await store.deviceProfiles.listByIds(ids);
  const found = new Map<string, Uuid>([
    ...byName.items.map(({ name, id }) => [name, id] as const),
    ...byId.map(({ id }) => [id, id] as const),
  ]);
  const known = wanted.map(({ text, id }) => {
    const profile = found.get(id ?? text);
    if (profile === undefined) throw profileNotFound(text);
    return profile;
  });
  return [...new Set(known)];
}

function profileNotFound(which: string): CyborgError {
  const by = normaliseUuid(which) === undefined ? 'name' : 'uuid';
  return new CyborgError('device_profile.not_found', `Device Profile not found with ${by}=${which}`);
}

/** Says in Cyborg's words what is taken. The store decides in the end, should another ask at the same moment. */
async function requireFree({ store }: ApiContext, name: string, id: string | null): Promise<void> {
  if ((await store.deviceProfiles.findByName(name)) !== undefined) {
    throw new CyborgError('device_profile.exists', `A device_profile with name ${name} already exists.`);
  }
  if (id !== null && (await store.deviceProfiles.find(id)) !== undefined) {
    throw new CyborgError('device_profile.exists', `DeviceProfile with uuid ${id} already exists.`, {
      details: faultUpstream,
    });
  }
}

/** Renders a profile as lists show it. */
export function deviceProfileV2(profile: StoredDeviceProfile, base: string): DeviceProfileV2 {
  return {
    uuid: profile.id,
    name: profile.name,
    description: profile.description,
    groups: profile.groups,
    created_at: timestamp(profile.createdAt),
    updated_at: timestamp(profile.updatedAt),
    links: [selfLink(base, 'device_profiles', profile.id)],
  };
}

/** Renders a profile as it is shown alone: other order, other dates. */
export function loneDeviceProfileV2(profile: StoredDeviceProfile, base: string) {
  const { name, description, uuid, groups, links } = deviceProfileV2(profile, base);
  const created_at = spacedTimestamp(profile.createdAt);
  const updated_at = spacedTimestamp(profile.updatedAt);
  return { name, description, uuid, groups, created_at, updated_at, links };
}
