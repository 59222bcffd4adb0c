import { type PlacementState, type ProviderRow, usageOf } from './placement-state.ts';
import { Refusal } from './refusal.ts';
import type { RoutedRequest } from './route.ts';

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

/**
 * The filters of all `required` parameters of a query, or of others: a comma parts them, save behind `in:`. Below 1.39
 * only the last parameter counts.
 *
 * @throws Refusal 400
 */
export function requiredFilters(
  { query, minor }: Pick<RoutedRequest, 'query' | 'minor'>,
  parameter = 'required',
): string[] {
  const texts = query.getAll(parameter);
  const counted = minor < 39 ? texts.slice(-1) : texts;
  return counted.flatMap((text) => filtersIn(text, minor));
}

function filtersIn(text: string, minor: number): string[] {
  const isAny = text.startsWith('in:');
  const refused = 'Invalid query string parameters:';
  if (isAny && minor < 39)
    throw new Refusal(
      400,
      `${refused} The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC' only supported since microversion 1.39. Got: ${text}`,
    );
  const filters = isAny ? [text] : text.split(',');
  const names = filters.flatMap(namesIn);
  const form = `${refused} Expected 'required' parameter value of the form: HW_CPU_X86_VMX,CUSTOM_MAGIC.`;
  if (names.includes('')) throw new Refusal(400, `${form} Got an empty trait in: ${text}`);
  if (filters.some((filter) => filter.startsWith('!')) && minor < 22)
    throw new Refusal(400, `${form} Got: ${text}`);
  return filters;
}

function namesIn(filter: string): string[] {
  return filter.replace(/^!?(in:)?/, '').split(',');
}
