import type { ProviderRow } from './placement-state.ts';
import { Refusal } from './refusal.ts';
import type { RoutedRequest } from './route.ts';

/** The filters of all `member_of` parameters of a query, or of others. @throws Refusal 400 */
export function aggregateFilters(
  { query, minor }: Pick<RoutedRequest, 'query' | 'minor'>,
  parameter = 'member_of',
): string[] {
  const filters = query.getAll(parameter);
  if (filters.length > 1 && minor < 24)
    throw new Refusal(400, `Multiple ${parameter} parameters are not supported`);
  if (filters.some(isForbidding) && minor < 32)
    throw new Refusal(
      400,
      `Forbidden ${parameter} parameters are not supported in the specified microversion`,
    );
  return filters;
}

/** Whether a filter names aggregates to stay away from. */
export function isForbidding(filter: string): boolean {
  return filter.startsWith('!');
}

/** Whether a provider fits filters: a uuid, `in:A,B`, `!A`, `!in:A,B`. */
export function isMember(
  { aggregates }: Pick<ProviderRow, 'aggregates'>,
  filters: readonly string[],
): boolean {
  return filters.every((filter) => {
    const wanted = filter.replace(/^!?(in:)?/, '').split(',');
    return wanted.some((aggregate) => aggregates.includes(aggregate)) !== isForbidding(filter);
  });
}
