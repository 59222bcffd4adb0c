import type { OpenStackError } from '@cyborgjs/openstack-session';
import { PlacementError } from './placement-error.ts';
import { type PlacementErrorCode, placementErrorTable } from './placement-error-table.ts';

/** The call that an error answers: Placement's codes mean different things at different doors. */
export interface Door {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

/**
 * What an answer of Placement means: a `PlacementError`, or the session's error itself when the trouble is not
 * Placement's (no answer, credentials, proxies, 5xx).
 */
export function classifyError(error: OpenStackError, door: Door): PlacementError | OpenStackError {
  const code = codeOf(error, door);
  if (code === undefined) return error;
  const names = namesIn(error.detail);
  return new PlacementError(code, error.message, { answer: error, details: names && { names } });
}

function codeOf(error: OpenStackError, door: Door): PlacementErrorCode | undefined {
  switch (error.status) {
    case 400:
    case 405:
    case 415:
      return invalidCode(error);
    case 404:
      return 'placement.not_found';
    case 409:
      return conflictCode(error, door);
    case 500:
      // PUT traits lets the race of two writers through as a crash; every other door answers 409.
      return isTraitsOf(door) && isRace(error) ? 'placement.concurrent_update' : undefined;
    default:
      return undefined;
  }
}

function invalidCode(error: OpenStackError): PlacementErrorCode {
  if (/^No such trait/.test(error.detail)) return 'placement.unknown_trait';
  if (/No such resource class/.test(error.detail)) return 'placement.unknown_resource_class';
  if (/No such trait\(s\)/.test(error.detail)) return 'placement.unknown_trait';
  return isKnown(error.code) ? error.code : 'placement.invalid';
}

function conflictCode(error: OpenStackError, { method, path }: Door): PlacementErrorCode {
  const { code, detail } = error;
  if (code === 'placement.concurrent_update') {
    if (/^consumer generation conflict/.test(detail)) return 'placement.consumer_conflict';
    if (method === 'DELETE' && /in use/.test(detail)) return 'placement.inventory.inuse';
    if (method === 'POST' && path.endsWith('/inventories') && !isRace(error))
      return 'placement.inventory.exists';
    return code;
  }
  if (isKnown(code)) return code;
  if (/Race condition detected/.test(detail)) return 'placement.concurrent_update';
  if (/^Unable to allocate inventory/.test(detail)) return 'placement.allocation_refused';
  if (method === 'DELETE' && /^\/(traits|resource_classes)\//.test(path)) return 'placement.name_in_use';
  return 'placement.conflict';
}

function isTraitsOf({ method, path }: Door): boolean {
  return method === 'PUT' && /^\/resource_providers\/[^/]+\/traits$/.test(path);
}

function isRace({ detail }: OpenStackError): boolean {
  return /Another thread concurrently updated/.test(detail);
}

function isKnown(code: string): code is PlacementErrorCode {
  return Object.hasOwn(placementErrorTable, code);
}

/** The names at the end of "No such trait A, B" and "No such resource class C". */
function namesIn(detail: string): string[] | undefined {
  const list = /No such (?:trait|trait\(s\):|resource class) ([A-Z0-9_, ]+)/.exec(detail)?.[1];
  return list?.split(',').map((name) => name.trim());
}
