import { CyborgError, DeviceKind, normaliseUuid } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { StoredCard } from '../../store/device.ts';
import { callerOf } from '../access.ts';
import type { ApiContext } from '../api-components.ts';
import { conductorFor } from '../audit.ts';
import { readArguments } from './arguments.ts';
import { faults } from './fault.ts';
import { applyFilters, takeFilters } from './filter.ts';
import { Link, type LinksWriter, linksWriter, publicUrl } from './link.ts';
import { longLists } from './long-lists.ts';
import { PythonText, pythonJson, pythonString } from './python-json.ts';
import { timestamp } from './timestamp.ts';

/** A device as Cyborg shows it. */
const DeviceV2 = z.object({
  uuid: z.string(),
  type: z.string(),
  vendor: z.string(),
  model: z.string(),
  std_board_info: z.string().nullable().describe('A JSON document in a string; its keys differ by driver.'),
  vendor_board_info: z.string().nullable().describe('A JSON document in a string: versions of the firmware.'),
  hostname: z.string(),
  status: z.enum(['enabled', 'maintaining']).optional().describe('From microversion 2.3 on.'),
  links: z.array(Link),
  created_at: z.string(),
  updated_at: z.string().nullable(),
});

const DeviceFilters = z.object({
  type: z.string().optional(),
  vendor: z.string().optional(),
  hostname: z.string().optional(),
});

const Id = z.object({ uuid: z.string() });

/** `/v2/devices`: every device there is, whatever its state, and the switch between enabled and maintaining. */
export function registerDevices(app: FastifyInstance, context: ApiContext): void {
  registerList(app, context);
  registerShow(app, context);
  registerSwitch(app, context, 'enable');
  registerSwitch(app, context, 'disable');
}

function registerList(app: FastifyInstance, { store, settings }: ApiContext): void {
  app.route({
    method: 'GET',
    url: '/v2/devices',
    config: { rule: 'cyborg:device:get_all' },
    schema: {
      tags: ['v2'],
      summary: 'List devices',
      querystring: DeviceFilters,
      response: { 200: z.object({ devices: z.array(DeviceV2) }), ...faults },
    },
    handler: async (request) => {
      const { filters, rest } = takeFilters(request.query);
      const { type, vendor, hostname } = readArguments(rest, Object.keys(DeviceFilters.shape));
      const kind = type ? DeviceKind.safeParse(type) : undefined;
      if (kind?.success === false) return { devices: [] };
      const query = { kind: kind?.data, vendor: vendor || undefined, host: hostname || undefined };
      const { items } = await longLists(() => store.devices.listCards(query));
      const base = publicUrl(request, settings.publicEndpoint);
      const linksOf = linksWriter(base, 'devices');
      const devices = items.map((device) => deviceV2(device, linksOf, request.minor));
      return { devices: applyFilters(devices, filters) };
    },
  });
}

function registerShow(app: FastifyInstance, context: ApiContext): void {
  app.route<{ Params: z.output<typeof Id> }>({
    method: 'GET',
    url: '/v2/devices/:uuid',
    config: { rule: 'cyborg:device:get_one' },
    schema: { tags: ['v2'], summary: 'Show a device', params: Id, response: { 200: DeviceV2, ...faults } },
    handler: async (request) => {
      readArguments(request.query, []);
      const device = await findDevice(context, request.params.uuid);
      const linksOf = linksWriter(publicUrl(request, context.settings.publicEndpoint), 'devices');
      return deviceV2(device, linksOf, request.minor);
    },
  });
}

function registerSwitch(app: FastifyInstance, context: ApiContext, verb: 'enable' | 'disable'): void {
  app.route<{ Params: z.output<typeof Id> }>({
    method: 'POST',
    url: `/v2/devices/:uuid/${verb}`,
    config: { rule: `cyborg:device:${verb}` },
    schema: {
      tags: ['v2'],
      summary: verb === 'enable' ? 'Open a device for new consumers' : 'Close a device for new consumers',
      params: Id,
      response: { 204: z.undefined(), ...faults },
    },
    handler: async (request, reply) => {
      readArguments(request.query, []);
      const { id } = await findDevice(context, request.params.uuid);
      const requestedBy = callerOf(request).userId;
      const conductor = conductorFor(request, context, [id]);
      await conductor.setDeviceEnabled({ device: id, enabled: verb === 'enable', requestedBy });
      return reply.code(204).send();
    },
  });
}

/** Unlike the other nouns, a device asked for by what is no uuid is simply not found. */
async function findDevice({ store }: ApiContext, text: string): Promise<StoredCard> {
  const id = normaliseUuid(text);
  const device = id === undefined ? undefined : await store.devices.findCard(id);
  if (device !== undefined) return device;
  throw new CyborgError('device.not_found', `Device not found with uuid=${text}`);
}

/** Renders a device as `DeviceV2` describes it; `minor` decides whether `status` is shown. */
function deviceV2(device: StoredCard, linksOf: LinksWriter, minor: number) {
  const status = device.state === 'ready' ? 'enabled' : 'maintaining';
  return {
    uuid: device.id,
    type: device.kind,
    vendor: device.vendor,
    model: device.model,
    std_board_info: boardInfo(device.attributes),
    vendor_board_info: boardInfo(device.firmware),
    hostname: device.host,
    ...(minor >= 3 && { status }),
    links: linksOf(device.id),
    created_at: timestamp(device.createdAt),
    updated_at: timestamp(device.updatedAt),
  };
}

const boardInfos = new WeakMap<object, PythonText>();

/** Facts of a card as a JSON document in a string. Cards of one model share them, and what was written of them. */
function boardInfo(facts: Readonly<Record<string, string>>): PythonText | null {
  if (Object.keys(facts).length === 0) return null;
  const written = boardInfos.get(facts) ?? new PythonText(pythonString(pythonJson(facts)));
  boardInfos.set(facts, written);
  return written;
}
