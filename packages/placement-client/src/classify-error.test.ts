import { OpenStackError } from '@cyborgjs/openstack-session';
import { describe, expect, it } from 'vitest';
import { classifyError, type Door } from './classify-error.ts';

const race = 'Another thread concurrently updated the resource provider data. Please retry your update';
const traits = { method: 'PUT', path: '/resource_providers/u/traits' };
const inventories = { method: 'PUT', path: '/resource_providers/u/inventories' };

type Row = readonly [
  title: string,
  door: Door,
  status: number,
  code: string,
  detail: string,
  expected: string,
];
const table: readonly Row[] = [
  [
    'a race in PUT traits that shows as a crash',
    traits,
    500,
    'placement.undefined_code',
    race,
    'placement.concurrent_update',
  ],
  [
    'the removal of one class that is in use',
    { method: 'DELETE', path: '/resource_providers/u/inventories/PGPU' },
    409,
    'placement.concurrent_update',
    "Unable to delete inventory of class PGPU: Inventory for 'PGPU' in use.",
    'placement.inventory.inuse',
  ],
  [
    'a class that is there already',
    { method: 'POST', path: '/resource_providers/u/inventories' },
    409,
    'placement.concurrent_update',
    'Update conflict: Duplicate entry',
    'placement.inventory.exists',
  ],
  [
    'a true race of an added class',
    { method: 'POST', path: '/resource_providers/u/inventories' },
    409,
    'placement.concurrent_update',
    `Update conflict: ${race}`,
    'placement.concurrent_update',
  ],
  [
    'a race of rows in PUT inventories',
    inventories,
    409,
    'placement.undefined_code',
    'Race condition detected when setting inventory.',
    'placement.concurrent_update',
  ],
  [
    'a stale generation',
    inventories,
    409,
    'placement.concurrent_update',
    'resource provider generation conflict',
    'placement.concurrent_update',
  ],
  [
    'a stale consumer',
    { method: 'PUT', path: '/allocations/c' },
    409,
    'placement.concurrent_update',
    'consumer generation conflict - expected 1 but got None',
    'placement.consumer_conflict',
  ],
  [
    'an allocation that does not fit',
    { method: 'PUT', path: '/allocations/c' },
    409,
    'placement.undefined_code',
    'Unable to allocate inventory: too much',
    'placement.allocation_refused',
  ],
  [
    'a trait in use',
    { method: 'DELETE', path: '/traits/CUSTOM_A' },
    409,
    'placement.undefined_code',
    'The trait is in use',
    'placement.name_in_use',
  ],
  [
    'a conflict without a code',
    { method: 'POST', path: '/resource_classes' },
    409,
    'http.409',
    'whatever',
    'placement.conflict',
  ],
  ['a code of the future', inventories, 409, 'placement.new_code', 'whatever', 'placement.conflict'],
  ...(['placement.query.duplicate_key', 'placement.query.bad_value'] as const).map(
    (code): Row => ['a query', { method: 'GET', path: '/allocation_candidates' }, 400, code, 'no', code],
  ),
  [
    'a malformed request',
    inventories,
    400,
    'placement.undefined_code',
    'JSON does not validate',
    'placement.invalid',
  ],
  [
    'a missing provider',
    inventories,
    404,
    'placement.undefined_code',
    'No resource provider',
    'placement.not_found',
  ],
];

const answer = (status: number | undefined, code: string, detail: string) =>
  new OpenStackError({ kind: 'internal', status, code, detail, message: detail });

describe('errors of Placement', () => {
  it.each(table)('%s', (_title, door, status, code, detail, expected) => {
    expect(classifyError(answer(status, code, detail), door)).toMatchObject({
      name: 'PlacementError',
      code: expected,
      status,
    });
  });

  it.each([
    ['a crash elsewhere', inventories, 500, 'placement.undefined_code', race],
    ['another crash in PUT traits', traits, 500, 'placement.undefined_code', 'database is locked'],
    ['refused credentials', inventories, 401, 'http.401', 'no'],
    ['a policy', inventories, 403, 'placement.undefined_code', 'no'],
    ['an outage', inventories, 503, 'http.503', 'later'],
    ['no answer', inventories, undefined, 'session.unreachable', 'gone'],
  ] as const)('%s stays what it is', (_title, door, status, code, detail) => {
    const error = answer(status, code, detail);
    expect(classifyError(error, door)).toBe(error);
  });

  it('names the traits and classes that do not exist', () => {
    const unknown = answer(400, 'placement.undefined_code', 'No such trait CUSTOM_A, CUSTOM_B');
    expect(classifyError(unknown, traits)).toMatchObject({
      code: 'placement.unknown_trait',
      details: { names: ['CUSTOM_A', 'CUSTOM_B'] },
    });
    const detail =
      'Unknown resource class in inventory for resource provider u: No such resource class CUSTOM_X.';
    expect(classifyError(answer(400, 'placement.undefined_code', detail), inventories)).toMatchObject({
      code: 'placement.unknown_resource_class',
      details: { names: ['CUSTOM_X'] },
    });
  });
});
