import { badCloud } from './bad-cloud.ts';
import { authOf, type CloudValues, isCloudValues } from './cloud-values.ts';

/** Fills `{region_name}` and the like in the address of Keystone. */
export function expandAuthUrl(settings: CloudValues, place: string): CloudValues {
  const auth = authOf(settings);
  if (typeof auth.auth_url !== 'string') return settings;
  return {
    ...settings,
    auth: { ...auth, auth_url: expand(auth.auth_url, settings, `auth_url of ${place}`) },
  };
}

/** Fills them in all settings but `auth` and `password`, one after the other, as they are written. */
export function expandTemplates(settings: CloudValues, place: string): CloudValues {
  const values: Record<string, unknown> = { ...settings };
  for (const [key, value] of Object.entries(settings))
    if (typeof value === 'string' && key !== 'password')
      values[key] = expand(value, values, `${key} of ${place}`);
  return values;
}

/** Python's `str.format` with names and indices: `{region_name}`, `{auth[project_id]}`, `{{` for a brace. */
function expand(template: string, values: CloudValues, place: string): string {
  return template.replaceAll(/\{\{|\}\}|\{(\w+)((?:\[[^\]]*\])*)\}|[{}]/g, (found, name, indices) => {
    if (found === '{{' || found === '}}') return found.slice(1);
    if (name === undefined)
      throw badCloud(
        `${place} has a single "${found}"; braces stand for other settings, write {{ or }} for one`,
      );
    const keys = [
      name as string,
      ...[...String(indices).matchAll(/\[([^\]]*)\]/g)].map(([, key = '']) => key),
    ];
    const value = keys.reduce<unknown>((at, key) => (isCloudValues(at) ? at[key] : undefined), values);
    if (value !== undefined) return pythonText(value);
    throw badCloud(`${place} refers to ${found}, but there is no such setting`);
  });
}

function pythonText(value: unknown): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}
