import { AcceleratorRequestState, CyborgError, isResolved, normaliseUuid } from '@cyborgjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { StoredAcceleratorRequest } from '../../store/accelerator-request.ts';
import { callerOf, projectScopeOf } from '../access.ts';
import type { ApiContext } from '../api-components.ts';
import { conductorFor } from '../audit.ts';
import type { Identity } from '../authenticator.ts';
import { type AcceleratorRequestPatch, readAcceleratorRequestPatch } from './accelerator-request-patch.ts';
import { invalid, readArguments, readUuid } from './arguments.ts';
import { faults } from './fault.ts';
import { Link, type LinksWriter, linksWriter, publicUrl } from './link.ts';
import { longLists } from './long-lists.ts';
import { PythonText, pythonJson, pythonListBytes, pythonString } from './python-json.ts';
import { readBody } from './request-body.ts';
import { timestamp } from './timestamp.ts';

/** An accelerator request as Cyborg shows it; the members about the handle are filled in while it is Bound. */
const AcceleratorRequestV2 = z.object({
  uuid: z.string(),
  state: AcceleratorRequestState,
  device_profile_name: z.string(),
  device_profile_group_id: z.int().describe('Index of its group in the profile, from 0.'),
  hostname: z.string().nullable(),
  device_rp_uuid: z.string().nullable(),
  instance_uuid: z.string().nullable(),
  project_id: z.string().nullable(),
  attach_handle_type: z.string(),
  attach_handle_uuid: z.string().nullable(),
  attach_handle_info: z.record(z.string(), z.string()).describe('A PCI address, hexadecimal without 0x.'),
  links: z.array(Link),
  created_at: z.string(),
  updated_at: z.string().nullable(),
});

const RequestFilters = z.object({
  instance: z.string().optional().describe('Only those of a server.'),
  bind_state: z
    .literal('resolved')
    .optional()
    .describe('423 while some of the server are still being bound.'),
});
const Removal = z.object({
  arqs: z.string().optional().describe('Uuids, separated by commas.'),
  instance: z.string().optional().describe('All of a server; none is as good.'),
});
const Operation = z.object({ path: z.string(), op: z.enum(['add', 'remove']), value: z.string().optional() });
const Id = z.object({ uuid: z.string() });

/** `/v2/accelerator_requests`. */
export function registerAcceleratorRequests(app: FastifyInstance, context: ApiContext): void {
  registerList(app, context);
  registerShow(app, context);
  registerCreate(app, context);
  registerPatch(app, context);
  registerDelete(app, context);
}

function registerList(app: FastifyInstance, { store, settings }: ApiContext): void {
  app.route({
    method: 'GET',
    url: '/v2/accelerator_requests',
    config: { rule: 'cyborg:arq:get_all' },
    schema: {
      tags: ['v2'],
      summary: 'List accelerator requests: all for administrators, else those of the project',
      querystring: RequestFilters,
      response: { 200: z.object({ arqs: z.array(AcceleratorRequestV2) }), ...faults },
    },
    handler: async (request, reply) => {
      const { instance, bind_state } = readArguments(request.query, Object.keys(RequestFilters.shape));
      if (bind_state && bind_state !== 'resolved')
        throw invalid(`Bad state: ${bind_state} for ARQ: None. Expected state(s): ['resolved']`);
      const instanceId = instance === undefined ? undefined : readUuid(instance, 'instance');
      const projectId = projectScopeOf(callerOf(request)) ?? undefined;
      const read = () => store.acceleratorRequests.list({ instanceId, projectId });
      // Those of one server are few, and Nova waits for them.
      const items = await (instanceId === undefined ? longLists(read) : read());
      const wanted = bind_state ? resolvedOf(items, instanceId) : items;
      const base = publicUrl(request, settings.publicEndpoint);
      return sendRequests(reply, wanted, base);
    },
  });
}

function registerShow(app: FastifyInstance, { store, settings }: ApiContext): void {
  app.route<{ Params: z.output<typeof Id> }>({
    method: 'GET',
    url: '/v2/accelerator_requests/:uuid',
    config: { rule: 'cyborg:arq:get_one' },
    schema: {
      tags: ['v2'],
      summary: 'Show an accelerator request',
      params: Id,
      response: { 200: AcceleratorRequestV2, ...faults },
    },
    handler: async (request) => {
      readArguments(request.query, []);
      const found = await store.acceleratorRequests.find(readUuid(request.params.uuid));
      const project = projectScopeOf(callerOf(request));
      if (found === undefined || (project !== null && found.projectId !== project))
        throw requestNotFound(request.params.uuid);
      return acceleratorRequestV2(found, linksOfRequests(publicUrl(request, settings.publicEndpoint)));
    },
  });
}

function registerCreate(app: FastifyInstance, context: ApiContext): void {
  app.route({
    method: 'POST',
    url: '/v2/accelerator_requests',
    config: { rule: 'cyborg:arq:create' },
    schema: {
      tags: ['v2'],
      summary: 'Make one request per accelerator that a device profile asks for',
      body: z.looseObject({ device_profile_name: z.string() }),
      response: { 201: z.object({ arqs: z.array(AcceleratorRequestV2) }), ...faults },
    },
    handler: async (request, reply) => {
      readArguments(request.query, []);
      const name = readProfileName(readBody(request.body, 'req'));
      const { userId: requestedBy, projectId } = callerOf(request);
      const made = await conductorFor(request, context, [name]).createAcceleratorRequests({
        profileName: name,
        projectId: projectId ?? '',
        requestedBy,
      });
      const base = publicUrl(request, context.settings.publicEndpoint);
      return sendRequests(reply.code(201), made, base);
    },
  });
}

/** Bind and unbind. openstacksdk repeats the uuid in the path; what stands there is of no meaning. */
function registerPatch(app: FastifyInstance, context: ApiContext): void {
  const apply = async (request: FastifyRequest, reply: FastifyReply) => {
    readArguments(request.query, []);
    const caller = callerOf(request);
    const reader = { minor: request.minor, isAdmin: isAdministrator(caller) };
    const patch = readAcceleratorRequestPatch(readBody(request.body, 'patch_list'), reader);
    const conductor = conductorFor(request, context, targetsOf(patch));
    requireService(caller);
    const scope = { onlyProject: projectScopeOf(caller), requestedBy: caller.userId };
    if (patch.kind === 'bind') await conductor.bindAcceleratorRequests({ ...patch, ...scope });
    else await conductor.unbindAcceleratorRequests({ ...patch, ...scope });
    return reply.code(202).send();
  };
  for (const url of ['/v2/accelerator_requests', '/v2/accelerator_requests/:ignored'])
    app.route({
      method: 'PATCH',
      url,
      config: { rule: 'cyborg:arq:update' },
      schema: {
        tags: ['v2'],
        summary: 'Bind or unbind accelerator requests, all of them or none',
        body: z.record(z.string(), z.array(Operation)),
        response: { 202: z.undefined(), ...faults },
      },
      handler: apply,
    });
}

function registerDelete(app: FastifyInstance, context: ApiContext): void {
  const remove = async (request: FastifyRequest, { arqs, instance }: z.output<typeof Removal>) => {
    const caller = callerOf(request);
    const scope = {
      onlyProject: projectScopeOf(caller),
      requestedBy: caller.userId,
      evenServed: caller.service,
    };
    if ((arqs ? 1 : 0) + (instance ? 1 : 0) !== 1)
      throw invalid(
        'Object action delete failed because: Provide either an ARQ uuid list or an instance UUID',
      );
    if (instance) {
      requireService(caller);
      const which = { instanceId: readUuid(instance, 'instance') };
      return conductorFor(request, context, [`instance ${which.instanceId}`]).deleteAcceleratorRequests({
        which,
        ...scope,
      });
    }
    const texts = (arqs ?? '').split(',');
    const ids = texts.flatMap((text) => normaliseUuid(text) ?? []);
    const nonsense = texts.find((text) => normaliseUuid(text) === undefined);
    await conductorFor(request, context, texts).deleteAcceleratorRequests({ which: { ids }, ...scope });
    if (nonsense !== undefined) throw requestNotFound(nonsense);
  };
  app.route({
    method: 'DELETE',
    url: '/v2/accelerator_requests',
    config: { rule: 'cyborg:arq:delete' },
    schema: {
      tags: ['v2'],
      summary: 'Delete accelerator requests, by uuid or of a server, and free what they hold',
      querystring: Removal,
      response: { 204: z.undefined(), ...faults },
    },
    handler: async (request, reply) => {
      const { instance, arqs } = readArguments(request.query, Object.keys(Removal.shape));
      await remove(request, { instance: instance, arqs });
      return reply.code(204).send();
    },
  });
  app.route<{ Params: z.output<typeof Id> }>({
    method: 'DELETE',
    url: '/v2/accelerator_requests/:uuid',
    config: { rule: 'cyborg:arq:delete' },
    schema: {
      tags: ['v2'],
      summary: 'Delete the accelerator requests named in the path',
      params: Id,
      response: { 204: z.undefined(), ...faults },
    },
    handler: async (request, reply) => {
      const { instance } = readArguments(request.query, ['instance']);
      await remove(request, { instance, arqs: request.params.uuid });
      return reply.code(204).send();
    },
  });
}

/** The requests that a PATCH names, and the servers that it binds them to. */
function targetsOf(patch: AcceleratorRequestPatch): string[] {
  if (patch.kind === 'unbind') return [...patch.ids];
  const instances = new Set(patch.bindings.map(({ instanceId }) => instanceId));
  return [...patch.bindings.map(({ id }) => id), ...[...instances].map((id) => `instance ${id}`)];
}

function readProfileName(body: unknown): string {
  if (body === null || typeof body !== 'object' || Array.isArray(body))
    throw invalid('Expected an object with device_profile_name.');
  const { device_profile_name: name } = body as { device_profile_name?: unknown };
  if (name === undefined || name === null) throw invalid('DeviceProfile name needed.');
  if (typeof name !== 'string') throw invalid('device_profile_name must be a string.');
  return name;
}

/** Those that need no waiting for; 423 while some of one server do. */
function resolvedOf(
  items: readonly StoredAcceleratorRequest[],
  instanceId: string | undefined,
): readonly StoredAcceleratorRequest[] {
  if (instanceId === undefined) return items.filter(({ state }) => isResolved(state));
  const waiting = items.find(({ state }) => !isResolved(state));
  if (waiting === undefined) return items;
  throw new CyborgError(
    'accelerator_request.unresolved',
    `ARQ ${waiting.id} of instance ${instanceId} is ${waiting.state}; ask again when all of them are resolved`,
  );
}

function requireService({ service }: Identity): void {
  if (service) return;
  throw new CyborgError(
    'accelerator_request.service_only',
    'This operation requires a service token. Use the Compute API to manage instance accelerators.',
  );
}

const isAdministrator = ({ roles }: Identity): boolean => roles.includes('admin');

function requestNotFound(text: string): CyborgError {
  return new CyborgError('accelerator_request.not_found', `ExtArq not found with uuid=${text}`);
}

const linksOfRequests = (base: string) => linksWriter(base, 'accelerator_requests');

function sendRequests(
  reply: FastifyReply,
  requests: readonly StoredAcceleratorRequest[],
  base: string,
): FastifyReply {
  const linksOf = linksOfRequests(base);
  const bytes = pythonListBytes('arqs', requests, (request) => acceleratorRequestV2(request, linksOf));
  return reply.type('application/json').send(bytes);
}

/** Writes an accelerator request as `AcceleratorRequestV2` describes it. */
function acceleratorRequestV2(request: StoredAcceleratorRequest, linksOf: LinksWriter): PythonText {
  const handle = request.state === 'Bound' ? request.handle : null;
  const { id, host, updatedAt } = request;
  return new PythonText(
    `{"uuid": "${id}", "state": "${request.state}", ` +
      `"device_profile_name": ${pythonString(request.deviceProfileName)}, ` +
      `"device_profile_group_id": ${request.groupIndex}, "hostname": ${orNull(host)}, ` +
      `"device_rp_uuid": ${orNull(request.providerId)}, "instance_uuid": ${orNull(request.instanceId)}, ` +
      `"project_id": ${orNull(request.projectId)}, "attach_handle_type": "${handle?.type ?? ''}", ` +
      `"attach_handle_uuid": ${orNull(handle?.uuid ?? null)}, ` +
      `"attach_handle_info": ${handle === null ? '{}' : writtenInfo(handle.info)}, ` +
      `"links": ${linksOf(id).text}, ` +
      `"created_at": "${timestamp(request.createdAt)}", "updated_at": ${updatedAt === null ? 'null' : `"${timestamp(updatedAt)}"`}}`,
  );
}

const infos = new WeakMap<object, string>();

/** What a handle says of itself; the same for the same card of every host. */
function writtenInfo(info: Readonly<Record<string, string>>): string {
  const text = infos.get(info) ?? pythonJson(info);
  infos.set(info, text);
  return text;
}

const orNull = (text: string | null): string => (text === null ? 'null' : pythonString(text));
