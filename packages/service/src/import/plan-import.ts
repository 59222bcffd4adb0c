import type { Uuid } from '@cyborgjs/core';
import type { ImportedRow, ImportedRows } from '../store/imported.ts';
import type { CyborgRows, CyborgTable } from './cyborg-rows.ts';
import { Findings } from './finding.ts';
import { type ExistingThings, type ImportInput, indexRows, keyOf } from './import-input.ts';
import { planDevices } from './plan-devices.ts';
import { planProfiles } from './plan-profiles.ts';
import { type PlannedRequests, planRequests } from './plan-requests.ts';

/** What an import would write, and what is to be said about it. */
export interface ImportPlan {
  readonly rows: ImportedRows;
  /** Devices of ours that give way to imported ones. */
  readonly replaced: readonly Uuid[];
  /** Handles that were imported before, and who holds them from now on. */
  readonly holds: PlannedRequests['holds'];
  readonly findings: Findings;
}

interface PlanInput {
  readonly rows: CyborgRows;
  readonly ours: ExistingThings;
  readonly projectOf: ReadonlyMap<string, string>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Plans an import: what Cyborg has and is not here becomes ours. Asks nobody and changes nothing. */
export function planImport({ rows, ours, projectOf, now }: PlanInput): ImportPlan {
  const findings = new Findings();
  const sources: ImportedRow[] = [];
  const known = new Set(ours.imported.map(({ table, key }) => `${table} ${key}`));
  const input: ImportInput = {
    rows,
    index: indexRows(rows),
    ours,
    projectOf,
    findings,
    now,
    isImported: (table, row) => known.has(`${table} ${keyOf(row)}`),
    markImported: (table: CyborgTable, row) => void sources.push({ table, key: keyOf(row) }),
  };
  const devices = planDevices(input);
  const profiles = planProfiles(input);
  const { requests, holderOf, holds } = planRequests({ input, devices, profiles });
  return {
    rows: {
      devices: devices.devices,
      deployables: [...devices.deployables.values()],
      attributes: devices.attributes,
      handles: devices.handles.map((handle) => {
        const id = holderOf.get(handle.uuid);
        return id === undefined ? handle : { ...handle, holder: { kind: 'accelerator_request', id } };
      }),
      profiles: profiles.profiles,
      requests,
      sources,
    },
    replaced: devices.replaced,
    holds,
    findings,
  };
}
