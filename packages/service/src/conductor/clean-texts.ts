/**
 * Takes out what no store keeps (NUL) and UTF-8 cannot hold (lone surrogates), so that texts of drivers, whatever a card
 * says of itself, come back as they went.
 */
export function cleanTexts<Value>(value: Value): Value {
  if (typeof value === 'string') return value.replaceAll('\0', '').toWellFormed() as Value;
  if (Array.isArray(value)) return value.map((item) => cleanTexts(item)) as Value;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [cleanTexts(key), cleanTexts(item)]),
  ) as Value;
}
