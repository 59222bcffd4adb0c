import { CyborgError } from '@cyborgjs/core';
import { invalidInput } from './arguments.ts';

/** Cyborg's list of what `filters.field` may name; only the last four do anything. */
const fields = [
  'parent_uuid',
  'root_uuid',
  'board',
  'availability',
  'interface_type',
  'instance_uuid',
  'marker',
  'limit',
  'sort_key',
  'sort_dir',
  'name',
];

type Filters = ReadonlyMap<string, string>;

/**
 * Takes the arguments `filters.field=F&filters.value=V` (also numbered, `filters[0].field`) out of a query; the rest is
 * returned beside them. Throws `request.invalid` for a field that Cyborg does not know.
 */
export function takeFilters(query: unknown): { filters: Filters; rest: Record<string, unknown> } {
  const rest: Record<string, unknown> = {};
  const found = new Map<string, { field?: string; value?: string }>();
  for (const [name, value] of Object.entries(query as Record<string, string | string[]>)) {
    const [, index, part] = /^filters(?:\[(\d{1,4})\])?\.(field|value|type)$/.exec(name) ?? [];
    if (part === undefined) rest[name] = value;
    else found.set(index ?? '', { ...found.get(index ?? ''), [part]: [value].flat().at(-1) });
  }
  const filters = new Map<string, string>();
  for (const { field, value } of found.values()) {
    if (field === undefined || !fields.includes(field)) {
      throw invalidInput('field', field, `Value should be one of: ${fields.join(', ')}`);
    }
    filters.set(field, value ?? '');
  }
  return { filters, rest };
}

/** Filters, sorts and cuts what is about to be answered, by the members that it has. */
export function applyFilters<Item extends object>(items: readonly Item[], filters: Filters): readonly Item[] {
  const name = filters.get('name');
  const named = name === undefined ? items : items.filter((item) => !('name' in item) || item.name === name);
  return cut(sort(named, filters), filters);
}

function sort<Item extends object>(items: readonly Item[], filters: Filters): readonly Item[] {
  const key = filters.get('sort_key');
  const [first] = items;
  if (key === undefined || first === undefined) return items;
  if (!(key in first)) throw new CyborgError('request.invalid', `Sort key supplied is invalid: ${key}`);
  const sign = filters.get('sort_dir') === 'desc' ? -1 : 1;
  const keyOf = (item: Item) => String((item as Record<string, unknown>)[key] ?? '');
  return items.toSorted(
    (one, other) => sign * keyOf(one).localeCompare(keyOf(other), 'en', { numeric: true }),
  );
}

function cut<Item>(items: readonly Item[], filters: Filters): readonly Item[] {
  const limit = filters.get('limit');
  if (limit === undefined) return items;
  if (!/^\d{1,9}$/.test(limit)) throw invalidInput('limit', limit, 'expected a number from 0');
  return items.slice(0, Number(limit));
}
