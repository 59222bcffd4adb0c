import { DeviceProfileGroup, type Uuid } from '@cyborgjs/core';
import { z } from 'zod';
import { cleanTexts } from '../conductor/clean-texts.ts';
import { requestedAccelerators } from '../conductor/requested-accelerators.ts';
import type { ImportedProfile } from '../store/imported.ts';
import type { CyborgRow } from './cyborg-rows.ts';
import type { RowFindings } from './finding.ts';
import type { ImportInput } from './import-input.ts';
import { idOf, timesOf } from './row-identity.ts';

/** A profile as requests refer to it. */
type ProfileRef = Pick<ImportedProfile, 'id' | 'groups'>;

/** Device profiles of Cyborg's as ours. */
export interface PlannedProfiles {
  readonly profiles: ImportedProfile[];
  /** By their id in Cyborg's database: those that are imported, and those that are here already. */
  readonly profileOf: Map<number, ProfileRef>;
}

const ProfileJson = z.object({ groups: z.array(DeviceProfileGroup) });

/** Plans the profiles, row by row; those that requests name and that are not there get one that stands for them. */
export function planProfiles(input: ImportInput): PlannedProfiles {
  const planned: PlannedProfiles = { profiles: [], profileOf: new Map() };
  for (const row of input.rows.device_profiles) planProfile(row, input, planned);
  return planned;
}

function planProfile(row: CyborgRow<'device_profiles'>, input: ImportInput, planned: PlannedProfiles): void {
  const findings = input.findings.about('device_profiles', row);
  const known = input.isImported('device_profiles', row);
  const groups = groupsOf(row, input, known ? silent : findings);
  if (groups === undefined) return;
  const id = idOf('device_profiles', row, known ? silent : findings);
  if (known) {
    const ours = input.ours.profiles.find((profile) => profile.id === id);
    if (ours !== undefined) planned.profileOf.set(row.id, ours);
    return;
  }
  const name = nameOf(row, findings, planned);
  const same = input.ours.profiles.find((profile) => profile.name === name || profile.id === id);
  if (same !== undefined) {
    takeOurs({ row, groups, same }, input, planned);
    return;
  }
  const profile = {
    id,
    name,
    description: row.description === null ? null : cleanTexts(row.description),
    groups,
    ...timesOf(row, input.now),
  };
  planned.profiles.push(profile);
  planned.profileOf.set(row.id, profile);
  input.markImported('device_profiles', row);
}

interface Meeting {
  readonly row: CyborgRow<'device_profiles'>;
  readonly groups: DeviceProfileGroup[];
  readonly same: ProfileRef & { readonly name: string };
}

/** A profile of ours serves when it asks for the same; the operator may have made it for the switch. */
function takeOurs({ row, groups, same }: Meeting, input: ImportInput, planned: PlannedProfiles): void {
  const findings = input.findings.about('device_profiles', row);
  if (JSON.stringify(same.groups) !== JSON.stringify(groups)) {
    findings.refused(
      `device profile ${same.name} (${same.id}) is here already and asks for something else: delete or rename one of them`,
    );
    return;
  }
  findings.noted(
    `device profile ${same.name} (${same.id}) is here already and asks for the same; it is used`,
  );
  planned.profileOf.set(row.id, same);
  input.markImported('device_profiles', row);
}

const silent: RowFindings = { noted: () => {}, mended: () => {}, skipped: () => {}, refused: () => {} };

function groupsOf(
  row: CyborgRow<'device_profiles'>,
  { index }: ImportInput,
  findings: RowFindings,
): DeviceProfileGroup[] | undefined {
  const groups = ProfileJson.safeParse(parse(row.profile_json)).data?.groups;
  if (groups !== undefined) {
    tellCounts(groups, findings);
    return cleanTexts(groups);
  }
  const users = index.requestsOf(row.id);
  if (users.length === 0) {
    findings.skipped(
      `profile_json cannot be read, and nothing was made from it: ${row.profile_json.slice(0, 200)}`,
    );
    return undefined;
  }
  findings.mended(
    `profile_json cannot be read; it is imported without groups, for the ${users.length} requests that were made from it`,
  );
  return [];
}

function tellCounts(groups: readonly DeviceProfileGroup[], findings: RowFindings): void {
  const odd = groups.flatMap((group) =>
    Object.entries(group).filter(([key, value]) => key.startsWith('resources') && !/^\d+$/.test(value ?? '')),
  );
  for (const [key, value] of odd)
    findings.noted(`${key} asks for ${JSON.stringify(value)}, which is no count: it makes no request`);
  if (odd.length === 0 && requestedAccelerators(groups).length === 0)
    findings.noted('it asks for no accelerator at all; Nova fails with it');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function nameOf(
  row: CyborgRow<'device_profiles'>,
  findings: RowFindings,
  { profiles }: PlannedProfiles,
): string {
  const clean = cleanTexts(row.name).trim() || `profile-${row.id}`;
  if (clean !== row.name) findings.mended(`name ${JSON.stringify(row.name)} is imported as ${clean}`);
  if (!profiles.some(({ name }) => name === clean)) return clean;
  const other = `${clean.slice(0, 240)}-${row.id}`;
  findings.mended(`another profile is called ${clean}; this one is imported as ${other}`);
  return other;
}

/** The profile of a request; where there is none, one that stands for it, so that what is bound stays known. */
export function profileFor(
  request: CyborgRow<'extended_accelerator_requests'>,
  { input, planned }: { readonly input: ImportInput; readonly planned: PlannedProfiles },
  findings: RowFindings,
): ProfileRef {
  const number = request.device_profile_id;
  const found = planned.profileOf.get(number);
  if (found !== undefined) return found;
  const name = `imported-${number}`;
  findings.mended(`its device profile ${number} is not there; the empty profile ${name} stands for it`);
  const id = idOf('device_profiles', { uuid: name }, silent);
  const there = input.ours.profiles.find((profile) => profile.id === id);
  const profile = {
    id: id as Uuid,
    name,
    description: null,
    groups: [],
    createdAt: input.now,
    updatedAt: null,
  };
  if (there === undefined) planned.profiles.push(profile);
  planned.profileOf.set(number, profile);
  return profile;
}
