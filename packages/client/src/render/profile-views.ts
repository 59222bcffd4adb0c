import type { DeviceProfile, DeviceProfileGroup } from '@cyborgjs/core';
import { renderDetails } from './details.ts';
import { humanTime, momentAndAge } from './human-time.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';
import type { View } from './view.ts';

/** Device profiles as a table. */
export function profileListView(profiles: readonly DeviceProfile[]): View {
  return {
    json: profiles,
    names: profiles.map(({ name }) => name),
    text: ({ width, now }) =>
      profiles.length === 0
        ? ''
        : renderTable<DeviceProfile>({
            width,
            rows: profiles,
            columns: [
              { title: 'NAME', cell: ({ name }) => printable(name) },
              { title: 'ASKS FOR', cell: ({ groups }) => groupsText(groups), narrow: 'shorten' },
              {
                title: 'DESCRIPTION',
                cell: ({ description }) => printable(description ?? ''),
                narrow: 'drop',
              },
              { title: 'MADE', cell: ({ createdAt }) => humanTime(createdAt, now), narrow: 'drop' },
            ],
          }),
    notes: profiles.length === 0 ? ['There is none yet. To make one: cyborg flavor wizard'] : [],
  };
}

/** One device profile. */
export function profileView(profile: DeviceProfile): View {
  return {
    json: profile,
    names: [profile.name],
    text: ({ now }) =>
      renderDetails([
        ['Name', printable(profile.name)],
        ['Id', profile.id],
        ['Description', printable(profile.description ?? '')],
        ['Asks for', profile.groups.map((group) => groupText(group))],
        ['Made', momentAndAge(profile.createdAt, now)],
      ]),
  };
}

/** `2 x (1 PGPU with CUSTOM_GPU_NVIDIA)`; groups that say the same are counted. */
export function groupsText(groups: readonly DeviceProfileGroup[]): string {
  const counts = new Map<string, number>();
  for (const text of groups.map(groupText)) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, count]) => (count === 1 ? text : `${count} x (${text})`)).join(' and ');
}

function groupText(group: DeviceProfileGroup): string {
  const of = (prefix: string) =>
    Object.entries(group).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value ?? ''] as const] : [],
    );
  const resources = of('resources:').map(([name, count]) => `${count} ${name}`);
  const traits = of('trait:').map(([name, value]) => (value === 'forbidden' ? `no ${name}` : name));
  const properties = of('accel:').map(([name, value]) => `${name}=${value}`);
  const conditions = [...traits, ...properties];
  return printable(
    `${resources.join(' and ')}${conditions.length === 0 ? '' : ` with ${conditions.join(', ')}`}`,
  );
}
