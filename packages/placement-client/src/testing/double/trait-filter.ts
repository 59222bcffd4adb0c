import { type PlacementState, type ProviderRow, usageOf } from './placement-state.ts';
import { Refusal } from './refusal.ts';

/** Amounts by class of a `resources` parameter, `VGPU:1,PGPU:2`. @throws Refusal 400 */
export function amountsIn(state: PlacementState, text: string | undefined): Record<string, number> {
  if (text === undefined) return {};
  const pairs = text.split(',').map((pair): [string, number] => {
    const [name = '', amount = ''] = pair.split(':');
    if (!/^[1-9]\d*$/.test(amount)) throw new Refusal(400, `Badly formed resources parameter: "${text}"`);
    if (!state.resourceClasses.has(name))
      throw new Refusal(
        400,
        `Invalid resource class in resources parameter: No such resource class ${name}.`,
      );
    return [name, Number(amount)];
  });
  return Object.fromEntries(pairs);
}

/** Whether a provider could give these amounts now. */
export function hasCapacity(
  state: PlacementState,
  provider: ProviderRow,
  amounts: Readonly<Record<string, number>>,
): boolean {
  const usage = usageOf(state, provider.uuid);
  return Object.entries(amounts).every(([name, amount]) => {
    const inventory = provider.inventories[name];
    if (inventory === undefined) return false;
    const capacity = (inventory.total - inventory.reserved) * inventory.allocation_ratio;
    const fits = (usage[name] ?? 0) + amount <= capacity;
    const { min_unit: min, max_unit: max, step_size: step } = inventory;
    return fits && amount >= min && amount <= max && amount % step === 0;
  });
}

/** @throws Refusal 400 for a trait that does not exist */
export function requireTraits(state: PlacementState, filters: readonly string[]): void {
  const unknown = filters.flatMap(namesIn).filter((name) => !state.traits.has(name));
  if (unknown.length > 0)
    throw new Refusal(
      400,
      `Invalid trait(s) in "required" parameter: No such trait(s): ${unknown.join(', ')}.`,
    );
}

/** Whether a provider fits `required` filters: `A`, `!A`, `in:A,B`. */
export function traitFilter(filters: readonly string[]): (provider: Pick<ProviderRow, 'traits'>) => boolean {
  return ({ traits }) =>
    filters.every(
      (filter) => namesIn(filter).some((name) => traits.includes(name)) !== filter.startsWith('!'),
    );
}

/** The filters of all `required` parameters of a query, or of others: a comma parts them, save behind `in:`. */
export function requiredFilters(query: URLSearchParams, parameter = 'required'): string[] {
  return query
    .getAll(parameter)
    .flatMap((required) => (required.startsWith('in:') ? [required] : required.split(',')));
}

function namesIn(filter: string): string[] {
  return filter.replace(/^!?(in:)?/, '').split(',');
}
