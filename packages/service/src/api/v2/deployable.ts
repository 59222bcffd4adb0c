import { CyborgError } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { StoredDeployable } from '../../store/deployable.ts';
import type { ApiContext } from '../api-components.ts';
import { readArguments, readUuid } from './arguments.ts';
import { faults } from './fault.ts';
import { applyFilters, takeFilters } from './filter.ts';
import { bookmarkLink, Link, publicUrl, selfLink } from './link.ts';
import { pythonJson } from './python-json.ts';
import { timestamp } from './timestamp.ts';

/** A deployable as Cyborg shows it. */
const DeployableV2 = z.object({
  uuid: z.string(),
  parent_id: z.null(),
  root_id: z.null(),
  name: z.string().describe('Name of its Placement resource provider.'),
  num_accelerators: z.int(),
  device_id: z.int().describe('A number that stands for the device; not its uuid.'),
  attributes_list: z.string().describe('A JSON list of objects with one member each, in a string.'),
  rp_uuid: z.string().nullable(),
  driver_name: z.string(),
  bitstream_id: z.string().nullable(),
  links: z.array(Link),
  created_at: z.string(),
  updated_at: z.string().nullable(),
});
type DeployableV2 = z.output<typeof DeployableV2>;

const Id = z.object({ uuid: z.string() });

/** `/v2/deployables`. */
export function registerDeployables(app: FastifyInstance, context: ApiContext): void {
  registerList(app, context);
  registerShow(app, context);
}

function registerList(app: FastifyInstance, { store, settings }: ApiContext): void {
  app.route({
    method: 'GET',
    url: '/v2/deployables',
    config: { rule: 'cyborg:deployable:get_all' },
    schema: {
      tags: ['v2'],
      summary: 'List deployables',
      response: { 200: z.object({ deployables: z.array(DeployableV2) }), ...faults },
    },
    handler: async (request) => {
      const { filters, rest } = takeFilters(request.query);
      readArguments(rest, []);
      const base = publicUrl(request, settings.publicEndpoint);
      const { items } = await store.deployables.list();
      return {
        deployables: applyFilters(
          items.map((item) => deployableV2(item, base)),
          filters,
        ),
      };
    },
  });
}

function registerShow(app: FastifyInstance, { store, settings }: ApiContext): void {
  app.route<{ Params: z.output<typeof Id> }>({
    method: 'GET',
    url: '/v2/deployables/:uuid',
    config: { rule: 'cyborg:deployable:get_one' },
    schema: {
      tags: ['v2'],
      summary: 'Show a deployable',
      params: Id,
      response: { 200: DeployableV2, ...faults },
    },
    handler: async (request) => {
      readArguments(request.query, []);
      const id = readUuid(request.params.uuid);
      const deployable = await store.deployables.find(id);
      if (deployable !== undefined)
        return deployableV2(deployable, publicUrl(request, settings.publicEndpoint));
      throw new CyborgError('deployable.not_found', `Deployable not found with uuid=${request.params.uuid}`);
    },
  });
}

/** Renders a deployable under the name that its provider has in Placement. */
export function deployableV2(deployable: StoredDeployable, base: string): DeployableV2 {
  return {
    uuid: deployable.id,
    parent_id: null,
    root_id: null,
    name: `${deployable.host}_${deployable.name}`,
    num_accelerators: deployable.total,
    device_id: deployable.deviceNumber,
    attributes_list: pythonJson(deployable.attributes.map(({ key, value }) => ({ [key]: value }))),
    rp_uuid: deployable.providerId,
    driver_name: deployable.driver,
    bitstream_id: deployable.bitstreamId,
    links: [selfLink(base, 'deployables', deployable.id), bookmarkLink(base, 'deployables', deployable.id)],
    created_at: timestamp(deployable.createdAt),
    updated_at: timestamp(deployable.updatedAt),
  };
}
