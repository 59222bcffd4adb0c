import { randomUUID } from 'node:crypto';
import { v3 as uuidV3 } from 'uuid';
import type { CyborgDatabase, CyborgRowValues } from './cyborg-database.ts';

/** The JSON that Cyborg has of a PCI address. */
export function pciJson(address: string): string {
  const [, domain, bus, device, fn] = /^(\w+):(\w+):(\w+)\.(\w+)$/.exec(address) ?? [];
  return `{"bus": "${bus}", "device": "${device}", "domain": "${domain}", "function": "${fn}"}`;
}

/** The resource provider of a deployable of that name. */
export const providerOf = (name: string): string => uuidV3(name, uuidV3.DNS);

/** Row numbers of a card in Cyborg's database. */
export interface CyborgCard {
  readonly device: number;
  readonly path: number;
  readonly deployable: number;
  /** By their order. */
  readonly handles: readonly number[];
  readonly uuid: string;
  readonly provider: string;
}

interface CardFacts {
  readonly host?: string;
  readonly address?: string;
  /** Addresses of the functions that can be held; the card itself when it is not said. */
  readonly functions?: readonly string[];
  readonly resourceClass?: string;
  readonly device?: CyborgRowValues;
  readonly handle?: CyborgRowValues;
}

/** Stores a GPU as Cyborg's conductor does at the first report of its agent. */
export async function putCard(db: CyborgDatabase, facts: CardFacts = {}): Promise<CyborgCard> {
  const {
    host = 'compute1',
    address = '0000:83:00.0',
    functions = [address],
    resourceClass = 'PGPU',
  } = facts;
  const uuid = randomUUID();
  const device = await db.insert('devices', {
    uuid,
    type: 'GPU',
    vendor: '10de',
    model: 'miss model info',
    std_board_info: '{"product_id": "2335", "controller": "3D controller"}',
    vendor_board_info: '{"vendor_info": "gpu_vb_info"}',
    hostname: host,
    ...facts.device,
  });
  const path = await db.insert('controlpath_ids', {
    device_id: device,
    cpid_type: 'PCI',
    cpid_info: pciJson(address),
  });
  const name = `${host}_${address}`;
  const provider = providerOf(name);
  const deployable = await db.insert('deployables', {
    name,
    num_accelerators: functions.length,
    device_id: device,
    rp_uuid: provider,
    driver_name: 'NVIDIA',
  });
  await db.insert('attributes', { deployable_id: deployable, key: 'rc', value: resourceClass });
  await db.insert('attributes', { deployable_id: deployable, key: 'trait0', value: 'OWNER_CYBORG' });
  const handles: number[] = [];
  for (const one of functions)
    handles.push(
      await db.insert('attach_handles', {
        deployable_id: deployable,
        cpid_id: path,
        attach_type: 'PCI',
        attach_info: pciJson(one),
        ...facts.handle,
      }),
    );
  return { device, path, deployable, handles, uuid, provider };
}

/** Stores a device profile that asks for one GPU. */
export function putProfile(db: CyborgDatabase, facts: CyborgRowValues = {}): Promise<number> {
  return db.insert('device_profiles', {
    name: 'gpu',
    profile_json: '{"groups": [{"resources:PGPU": "1", "trait:CUSTOM_GPU": "required"}]}',
    ...facts,
  });
}

/** A request that was stored, by its uuid and that of its server. */
export interface CyborgArq {
  readonly uuid: string;
  readonly instance: string;
}

interface ArqFacts {
  readonly profile: number;
  readonly card: CyborgCard;
  /** Which handle of the card, from 0. */
  readonly handle?: number;
  readonly row?: CyborgRowValues;
}

/** Stores a request that is bound to a handle, and marks that. */
export async function putBoundArq(
  db: CyborgDatabase,
  { profile, card, handle = 0, row = {} }: ArqFacts,
): Promise<CyborgArq> {
  const [uuid, instance] = [randomUUID(), randomUUID()];
  const number = card.handles[handle] ?? 0;
  await db.insert('extended_accelerator_requests', {
    uuid,
    project_id: 'p1',
    state: 'Bound',
    device_profile_id: profile,
    device_profile_group_id: 0,
    hostname: 'compute1',
    device_rp_uuid: card.provider,
    instance_uuid: instance,
    attach_handle_id: number,
    deployable_id: card.deployable,
    ...row,
  });
  await db.query(`update attach_handles set in_use = 1 where id = ${number}`);
  return { uuid, instance };
}
