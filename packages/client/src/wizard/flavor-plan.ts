import { DeviceProfileGroup } from '@cyborgjs/core';
import { parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../commands/usage-error.ts';

const Name = z.string().regex(/^[a-zA-Z0-9_-]{1,255}$/, 'expected letters, digits, - and _');

/** A device profile that shall exist. */
export const PlannedProfile = z.strictObject({
  name: Name,
  description: z.string().nullable().default(null),
  groups: z.array(DeviceProfileGroup).min(1),
});
export type PlannedProfile = z.output<typeof PlannedProfile>;

/** A flavor that shall exist in Nova. */
export const PlannedFlavor = z.strictObject({
  name: z.string().min(1).max(255),
  /** Name of the device profile that it refers to. */
  profile: Name,
  vcpus: z.int().min(1),
  ramMb: z.int().min(1),
  diskGb: z.int().min(0),
});
export type PlannedFlavor = z.output<typeof PlannedFlavor>;

/** What the wizard makes, as data: it can be kept in a file, edited and applied, any number of times. */
export const FlavorPlan = z.strictObject({
  profiles: z.array(PlannedProfile).default([]),
  flavors: z.array(PlannedFlavor).default([]),
});
export type FlavorPlan = z.output<typeof FlavorPlan>;

/** What a person should read before a part of a plan, by the name of the part. */
export type PlanComments = ReadonlyMap<string, readonly string[]>;

/** A plan as a file for people, with a comment above each device profile. */
export function planToYaml(plan: FlavorPlan, comments: PlanComments = new Map()): string {
  const head = '# Apply with: cyborg flavor wizard --apply FILE';
  return `${[head, section('profiles', plan.profiles, comments), section('flavors', plan.flavors)].join('\n')}`;
}

function section(
  title: keyof FlavorPlan,
  items: readonly (PlannedProfile | PlannedFlavor)[],
  comments: PlanComments = new Map(),
): string {
  if (items.length === 0) return `${title}: []`;
  const blocks = items.map((item) => {
    const notes = (comments.get(item.name) ?? []).map((line) => `  # ${line}\n`).join('');
    const lines = stringify(item, { lineWidth: 0 }).trimEnd().split('\n');
    return `${notes}${lines.map((line, at) => `  ${at === 0 ? '- ' : '  '}${line}`).join('\n')}`;
  });
  return `${title}:\n${blocks.join('\n')}`;
}

/**
 * Reads a plan, YAML or JSON.
 *
 * @throws UsageError that names the file, the place in it and what is wrong, for all mistakes at once
 */
export function readPlan(text: string, file: string): FlavorPlan {
  const document = parseDocument(text, { prettyErrors: true });
  const fault = document.errors[0];
  if (fault !== undefined) throw new UsageError(`${file}: ${fault.message.trim().replace(/\s*\n\s*/g, ' ')}`);
  const parsed = FlavorPlan.safeParse(document.toJS());
  if (!parsed.success) {
    const places = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'top level'}: ${message}`,
    );
    throw new UsageError(
      `${file}: ${places.join('; ')}. For a plan to begin with: cyborg flavor wizard --yes --output yaml`,
    );
  }
  refuseTwins(parsed.data, file);
  return parsed.data;
}

function refuseTwins({ profiles, flavors }: FlavorPlan, file: string): void {
  for (const [place, items] of [
    ['profiles', profiles],
    ['flavors', flavors],
  ] as const) {
    const names = items.map(({ name }) => name);
    const twin = names.find((name, at) => names.indexOf(name) !== at);
    if (twin !== undefined)
      throw new UsageError(`${file}: ${place} has the name "${twin}" twice; rename one of them`);
  }
}
