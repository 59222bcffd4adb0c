import { CyborgError, normaliseUuid } from '@cyborgjs/core';
import type { StoredAcceleratorRequest } from '../store/accelerator-request.ts';
import type { StoredDevice } from '../store/device.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import type { CyborgRows } from './cyborg-rows.ts';
import type { Finding } from './finding.ts';
import type { ExistingThings } from './import-input.ts';
import { type ImportPlan, planImport } from './plan-import.ts';
import type { CyborgDump } from './read-cyborg.ts';

const idsPerQuery = 500;

/** What an import works with. */
export interface ImportComponents {
  readonly store: Store;
  /** The project of a server, undefined for one that is not known; null where nobody can be asked. */
  readonly projectOf: ((instanceId: string) => Promise<string | undefined>) | null;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What an import found and did, or would do. */
export interface ImportReport {
  readonly revision: string;
  /** Whether it was written. */
  readonly applied: boolean;
  /** Rows by kind: what Cyborg has, and how many of these are new here. */
  readonly counts: Readonly<Record<CountedThing, { readonly found: number; readonly added: number }>>;
  readonly findings: readonly Finding[];
}

export type CountedThing =
  | 'devices'
  | 'deployables'
  | 'attributes'
  | 'attach_handles'
  | 'device_profiles'
  | 'accelerator_requests';

/**
 * Brings what a Cyborg has into the store, or says what it would bring. All of it is written in one transaction, or
 * nothing, and nothing where something of ours is in the way. What came over once does not come again.
 */
export async function importCyborg(
  dump: CyborgDump,
  { apply }: { readonly apply: boolean },
  components: ImportComponents,
): Promise<ImportReport> {
  const { store, now } = components;
  const projectOf = await askProjects(dump.rows, components);
  const plan = async (reads: Parameters<typeof readExisting>[0]) =>
    planImport({ rows: dump.rows, ours: await readExisting(reads, dump.rows), projectOf, now: now() });
  const before = await plan(store);
  if (!apply || isRefused(before)) return reportOf(dump, before, false);
  const done = await store.transaction(async (transaction) => {
    for (const host of hostsOf(dump.rows)) await transaction.hosts.ensure(host);
    // Again under the locks: what is here may be another now.
    const planned = await plan(transaction);
    if (isRefused(planned))
      throw new CyborgError(
        'import.refused',
        'something came in the way just now; nothing was written, try again',
      );
    await write(transaction, planned);
    return planned;
  });
  return reportOf(dump, done, true);
}

const isRefused = ({ findings }: ImportPlan): boolean => findings.all.some(({ kind }) => kind === 'refused');

async function write(transaction: StoreTransaction, { rows, replaced, holds }: ImportPlan): Promise<void> {
  await transaction.devices.remove(replaced);
  await transaction.imports.add(rows);
  for (const { handle, request } of holds) {
    const isHeld = await transaction.deployables.holdHandle(handle, {
      kind: 'accelerator_request',
      id: request,
    });
    if (!isHeld) throw new CyborgError('import.refused', `attach handle ${handle} was just given to another`);
  }
  for (const { id, host, address, kind, model } of rows.devices)
    transaction.events.add({ type: 'device.imported', subject: id, host, data: { address, kind, model } });
}

async function readExisting(
  {
    devices,
    deviceProfiles,
    acceleratorRequests,
    imports,
  }: Pick<Store, 'devices' | 'deviceProfiles' | 'acceleratorRequests' | 'imports'>,
  rows: CyborgRows,
): Promise<ExistingThings> {
  const ids = rows.extended_accelerator_requests.flatMap(({ uuid }) => normaliseUuid(uuid) ?? []);
  const requests: StoredAcceleratorRequest[] = [];
  for (let start = 0; start < ids.length; start += idsPerQuery)
    requests.push(...(await acceleratorRequests.list({ ids: ids.slice(start, start + idsPerQuery) })));
  const there: StoredDevice[] = [];
  for (const host of hostsOf(rows)) there.push(...(await devices.list({ host })).items);
  return {
    devices: there,
    profiles: (await deviceProfiles.list()).items,
    requests: new Map(requests.map((request) => [request.id, request])),
    imported: await imports.list(),
  };
}

const hostsOf = (rows: CyborgRows): string[] =>
  [...new Set(rows.devices.map(({ hostname }) => hostname))].sort();

/** Cyborg before its master did not note projects: Nova knows whose the servers are. */
async function askProjects(
  rows: CyborgRows,
  { projectOf }: ImportComponents,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  if (projectOf === null) return found;
  const instances = rows.extended_accelerator_requests.flatMap(({ project_id, instance_uuid }) =>
    project_id === null && instance_uuid !== null && normaliseUuid(instance_uuid) !== undefined
      ? [instance_uuid]
      : [],
  );
  for (const instance of new Set(instances)) {
    const project = await projectOf(instance);
    if (project !== undefined) found.set(instance, project);
  }
  return found;
}

function reportOf(dump: CyborgDump, { rows: planned, findings }: ImportPlan, applied: boolean): ImportReport {
  const { rows } = dump;
  const count = (found: readonly unknown[], added: readonly unknown[]) => ({
    found: found.length,
    added: added.length,
  });
  return {
    revision: dump.revision,
    applied,
    counts: {
      devices: count(rows.devices, planned.devices),
      deployables: count(rows.deployables, planned.deployables),
      attributes: count(rows.attributes, planned.attributes),
      attach_handles: count(rows.attach_handles, planned.handles),
      device_profiles: count(rows.device_profiles, planned.profiles),
      accelerator_requests: count(rows.extended_accelerator_requests, planned.requests),
    },
    findings: [...dump.findings, ...findings.all],
  };
}
