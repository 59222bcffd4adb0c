/** The `exports` field of a package.json, or a part of it. */
export type PackageExports = unknown;

/**
 * The file that an `import` of an export subpath would load: Node's rules for exact subpaths and conditions
 * (nodejs.org/api/packages.html, "Conditional exports"), without patterns. Undefined when nothing is exported there.
 */
export function packageExport(
  exports: PackageExports,
  subpath: string,
  conditions: ReadonlySet<string>,
): string | undefined {
  if (isRecord(exports) && Object.keys(exports).some((key) => key.startsWith('.')))
    return targetOf(exports[subpath], conditions);
  return subpath === '.' ? targetOf(exports, conditions) : undefined;
}

function targetOf(target: unknown, conditions: ReadonlySet<string>): string | undefined {
  if (typeof target === 'string') return target;
  if (Array.isArray(target)) return firstOf(target, (item) => targetOf(item, conditions));
  if (!isRecord(target)) return undefined;
  return firstOf(Object.entries(target), ([condition, inner]) =>
    condition === 'default' || conditions.has(condition) ? targetOf(inner, conditions) : undefined,
  );
}

function firstOf<Item, Result>(
  items: readonly Item[],
  find: (item: Item) => Result | undefined,
): Result | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
