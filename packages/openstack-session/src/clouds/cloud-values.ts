/** Settings of a cloud by key, as they stand in a file: text, numbers, truth values, lists and nested settings. */
export type CloudValues = Readonly<Record<string, unknown>>;

/** Whether a value is nested settings. */
export function isCloudValues(value: unknown): value is CloudValues {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is set to something: not absent, empty, false or 0. */
export function isGiven(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isCloudValues(value) ? Object.keys(value).length > 0 : Boolean(value);
}

/** A value as text, or undefined when nothing is given. */
export function textOf(value: unknown): string | undefined {
  return isGiven(value) ? String(value) : undefined;
}

/** What openstacksdk takes for true in a text: `true`, in any case; `1` and `yes` are not. */
export function isTrue(value: unknown): boolean {
  return typeof value === 'string' ? value.toLowerCase() === 'true' : value === true;
}

/** The second settings laid over the first, all the way down. */
export function mergeDeep(under: CloudValues, over: CloudValues): CloudValues {
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isCloudValues(value) && isCloudValues(below) ? mergeDeep(below, value) : value;
  }
  return merged;
}

/** The second settings laid over the first; of nested settings only those in `auth` are merged. */
export function mergeCloud(under: CloudValues, over: CloudValues): CloudValues {
  const auth = { ...authOf(under), ...authOf(over) };
  return { ...under, ...over, ...(('auth' in under || 'auth' in over) && { auth }) };
}

/** The `auth` part of a cloud; empty when there is none. */
export function authOf({ auth }: CloudValues): CloudValues {
  return isCloudValues(auth) ? auth : {};
}

/** Keys with `_` for `-`, and numbers as text, all the way down; only time limits stay numbers. */
export function normaliseValues(values: CloudValues): CloudValues {
  return Object.fromEntries(
    Object.entries(values).map(([written, value]) => {
      const key = written.replaceAll('-', '_');
      if (isCloudValues(value)) return [key, normaliseValues(value)];
      return [key, typeof value === 'number' && key !== 'api_timeout' ? String(value) : value];
    }),
  );
}
