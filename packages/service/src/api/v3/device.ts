import { Device, DeviceKind, DeviceState, Health, Operation, pageOf } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiContext } from '../api-components.ts';
import { conductorFor } from '../audit.ts';
import { accept, askerOf, etagOf } from './asker.ts';
import { ById, ChangeHeaders, collectionQuery, noQuery, refusals } from './route-schema.ts';

const deviceFilters = {
  host: z.string().optional(),
  driver: z.string().optional(),
  kind: DeviceKind.optional(),
  vendor: z.string().optional(),
  state: DeviceState.optional(),
  health: Health.shape.state.optional(),
  q: z.string().min(1).max(255).optional().describe('Part of model, vendor, identity, address or host.'),
};

const InstallBody = z.strictObject({
  profile: z.string().optional().describe("Name of the layout wanted; left out: the driver's default."),
  options: z.record(z.string(), z.string()).optional().describe('Options of the driver.'),
  dryRun: z
    .boolean()
    .optional()
    .describe('Change nothing: the plan stands with the attempts of the operation when it has ended.'),
  deadlineSeconds: z.int().min(1).max(86_400).optional().describe('After so long it has failed.'),
});

/** `/v3/devices`: the cards, and what an operator can do with them. */
export function registerDevices(app: FastifyInstance, context: ApiContext): void {
  registerList(app, context);
  registerShow(app, context);
  registerInstall(app, context, 'ready');
  registerInstall(app, context, 'uninstall');
  registerSwitch(app, context, 'enable');
  registerSwitch(app, context, 'disable');
}

function registerList(app: FastifyInstance, { store }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/devices',
    config: { rule: 'cyborg:device:get_all' },
    schema: {
      tags: ['devices'],
      summary: 'List devices in order of arrival',
      querystring: collectionQuery(deviceFilters),
      response: { 200: pageOf(Device), ...refusals },
    },
    handler: async (request) => {
      const { q: text, ...query } = request.query;
      const { items, next } = await store.devices.list({ ...query, text });
      return { items: [...items], next };
    },
  });
}

function registerShow(app: FastifyInstance, { store }: ApiContext): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/devices/:id',
    config: { rule: 'cyborg:device:get_one' },
    schema: {
      tags: ['devices'],
      summary: 'Show a device',
      params: ById,
      querystring: noQuery,
      response: { 200: Device, ...refusals },
    },
    handler: async (request, reply) => {
      const device = await store.devices.get(request.params.id);
      reply.header('etag', etagOf(device));
      return device;
    },
  });
}

const installs = {
  ready: { rule: 'cyborg:device:install', summary: 'Install a device so that it can be given out' },
  uninstall: { rule: 'cyborg:device:uninstall', summary: 'Take a device back to where it was found' },
} as const;

function registerInstall(app: FastifyInstance, context: ApiContext, verb: keyof typeof installs): void {
  const intent = verb === 'ready' ? 'makeDeviceReady' : 'uninstallDevice';
  const { rule, summary } = installs[verb];
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: `/v3/devices/:id/${verb}`,
    config: { rule },
    schema: {
      tags: ['devices'],
      summary,
      params: ById,
      querystring: noQuery,
      headers: ChangeHeaders,
      body: InstallBody.nullish(),
      response: { 202: Operation, ...refusals },
    },
    handler: async (request, reply) => {
      const device = request.params.id;
      const { deadlineSeconds, ...body } = request.body ?? {};
      const deadlineMs = deadlineSeconds === undefined ? undefined : deadlineSeconds * 1000;
      const wanted = { ...body, device, deadlineMs, ...askerOf(request, request.headers) };
      const operation = await conductorFor(request, context, [device])[intent](wanted);
      return accept(request, reply, operation);
    },
  });
}

function registerSwitch(app: FastifyInstance, context: ApiContext, verb: 'enable' | 'disable'): void {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: `/v3/devices/:id/${verb}`,
    config: { rule: `cyborg:device:${verb}` },
    schema: {
      tags: ['devices'],
      summary: verb === 'enable' ? 'Open a device for new consumers' : 'Close a device for new consumers',
      params: ById,
      querystring: noQuery,
      headers: ChangeHeaders,
      response: { 200: Device, ...refusals },
    },
    handler: async (request, reply) => {
      const asker = askerOf(request, request.headers);
      const enabled = verb === 'enable';
      const { id } = request.params;
      const conductor = conductorFor(request, context, [id]);
      const device = await conductor.setDeviceEnabled({ device: id, enabled, ...asker });
      reply.header('etag', etagOf(device));
      return device;
    },
  });
}
