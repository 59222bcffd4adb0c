/**
 * Facts for a device's `firmware` and `attributes`: drops what is not known, and what is no short printable text,
 * as sick cards and old tools give it.
 */
export function knownFacts(
  facts: Readonly<Record<string, string | null | undefined>>,
): Record<string, string> {
  const known: Record<string, string> = {};
  for (const [name, value] of Object.entries(facts))
    if (value != null && /^[\x20-\x7e]{1,200}$/.test(value)) known[name] = value;
  return known;
}
