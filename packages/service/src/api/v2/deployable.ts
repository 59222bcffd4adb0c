import { CyborgError } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { StoredDeployable } from '../../store/deployable.ts';
import type { StoredOperation } from '../../store/operation.ts';
import { callerOf } from '../access.ts';
import type { ApiContext } from '../api-components.ts';
import { conductorFor } from '../audit.ts';
import { clientGone } from '../look-again.ts';
import { awaitEnd } from '../watch-operation.ts';
import { readArguments, readUuid } from './arguments.ts';
import { faults } from './fault.ts';
import { applyFilters, takeFilters } from './filter.ts';
import { bookmarkLink, Link, publicUrl, selfLink } from './link.ts';
import { longLists } from './long-lists.ts';
import { readProgramRequest } from './program-request.ts';
import { pythonJson } from './python-json.ts';
import { readBody } from './request-body.ts';
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
const ProgramOperation = z.object({
  path: z.string(),
  op: z.enum(['add', 'replace', 'remove']),
  value: z.array(z.object({ image_uuid: z.string() })),
});
/** Longer than the clients wait by themselves, and than most proxies do. */
const patienceMs = 300_000;

/** `/v2/deployables`. */
export function registerDeployables(app: FastifyInstance, context: ApiContext): void {
  registerList(app, context);
  registerShow(app, context);
  registerProgram(app, context);
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
      const { items } = await longLists(() => store.deployables.list());
      return {
        deployables: applyFilters(
          items.map((item) => deployableV2(item, base)),
          filters,
        ),
      };
    },
  });
}

function registerShow(app: FastifyInstance, context: ApiContext): void {
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
      const deployable = await findDeployable(context, request.params.uuid);
      return deployableV2(deployable, publicUrl(request, context.settings.publicEndpoint));
    },
  });
}

/**
 * Programs the device of a deployable and answers when that has ended, as Cyborg does. openstacksdk repeats the uuid
 * behind `program`; what stands there is of no meaning.
 */
function registerProgram(app: FastifyInstance, context: ApiContext): void {
  const { store, settings } = context;
  for (const [url, params] of [
    ['/v2/deployables/:uuid/program', Id],
    ['/v2/deployables/:uuid/program/:ignored', Id.extend({ ignored: z.string() })],
  ] as const)
    app.route<{ Params: z.output<typeof Id> }>({
      method: 'PATCH',
      url,
      config: { rule: 'cyborg:deployable:program' },
      schema: {
        tags: ['v2'],
        summary: 'Program a deployable with an image of Glance, and wait for the end of it',
        params,
        body: z.array(ProgramOperation),
        response: { 200: DeployableV2, ...faults },
      },
      handler: async (request, reply) => {
        readArguments(request.query, []);
        const image = readProgramRequest(readBody(request.body, 'program_info'));
        const { id } = await findDeployable(context, request.params.uuid);
        const { userId: requestedBy } = callerOf(request);
        const source = { kind: 'glance', id: image } as const;
        const conductor = conductorFor(request, context, [id]);
        const begun = await conductor.programDeployable({ deployable: id, source, requestedBy });
        const patience = AbortSignal.timeout(patienceMs);
        requireSuccess(await awaitEnd(context, begun.id, [patience, clientGone(reply)]));
        return deployableV2(await store.deployables.get(id), publicUrl(request, settings.publicEndpoint));
      },
    });
}

/** Throws `operation.failed`, or `operation.unfinished` when an operation has not ended. */
export function requireSuccess({ id, state, error }: Pick<StoredOperation, 'id' | 'state' | 'error'>): void {
  if (state === 'succeeded') return;
  if (error === null || state === 'running' || state === 'pending')
    throw new CyborgError(
      'operation.unfinished',
      `FPGA programming is still under way as operation ${id}; the same request again waits on for its end`,
      { details: { operation: id } },
    );
  throw new CyborgError('operation.failed', `FPGA programming failed with return ${error.message}`, {
    details: { operation: id, error },
  });
}

async function findDeployable({ store }: ApiContext, text: string): Promise<StoredDeployable> {
  const deployable = await store.deployables.find(readUuid(text));
  if (deployable !== undefined) return deployable;
  throw new CyborgError('deployable.not_found', `Deployable not found with uuid=${text}`);
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
