/**
 * Where in a value something is that JSON cannot carry, as the names on the way to it; undefined when nothing is. Not
 * asked of zod, which a driver's process would have to load before it can start.
 */
export function placeOfNotJson(value: unknown): readonly string[] | undefined {
  if (value === null || ['string', 'boolean'].includes(typeof value)) return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : [];
  if (typeof value !== 'object' || !(Array.isArray(value) || isPlain(value))) return [];
  for (const [name, part] of Object.entries(value)) {
    const place = placeOfNotJson(part);
    if (place !== undefined) return [name, ...place];
  }
  return undefined;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
