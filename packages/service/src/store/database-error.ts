import { CyborgError, isCyborgError } from '@cyborgjs/core';

interface DriverFault {
  readonly code?: unknown;
  /** Number of a MySQL or MariaDB error. */
  readonly errno?: unknown;
  /** Extended result code of SQLite. */
  readonly errcode?: unknown;
  readonly message: string;
}

/** PostgreSQL's SQLSTATE, MySQL's error number, SQLite's primary result code. */
const uniqueViolations = new Set<unknown>(['23505', 1062, 'sqlite:2067', 'sqlite:1555']);

/** Something refers to what should go, or what should be referred to is gone. */
const referenceViolations = new Set<unknown>(['23503', '23001', 1451, 1452, 'sqlite:787', 'sqlite:1811']);

/**
 * Met another transaction: run it again. Deadlock, serialisation failure, lock timeout, a statement that was
 * prepared and cannot be used, Galera conflict, busy file.
 */
const collisions = new Set<unknown>([
  '40P01',
  '40001',
  '55P03',
  '0A000',
  '26000',
  '42P05',
  1205,
  1213,
  'sqlite:5',
  'sqlite:6',
  'sqlite:517',
]);

/**
 * Any error of the three drivers as a `CyborgError`: `store.conflict` for a unique value that is taken or a reference
 * that does not hold,
 * `store.unavailable` for a database that cannot be reached or written, `internal.unexpected` for a statement
 * that the database refuses, which is a defect of ours.
 */
export function toStoreError(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || isCyborgError(thrown)) return thrown;
  const keys = keysOf(thrown as DriverFault);
  if (keys.some((key) => uniqueViolations.has(key)))
    return new CyborgError('store.conflict', `a unique value is taken: ${thrown.message}`, { cause: thrown });
  if (keys.some((key) => referenceViolations.has(key)))
    return new CyborgError('store.conflict', `a reference does not hold: ${thrown.message}`, {
      cause: thrown,
    });
  if (keys.some((key) => collisions.has(key)))
    return new CyborgError('store.unavailable', `another transaction is in the way: ${thrown.message}`, {
      cause: thrown,
      details: { collision: true },
    });
  if (isStatementFault(keys))
    return new CyborgError('internal.unexpected', `the database refuses a statement: ${thrown.message}`, {
      cause: thrown,
    });
  return new CyborgError('store.unavailable', `the database cannot be used now: ${textOf(thrown)}`, {
    cause: thrown,
  });
}

/** Node's error for a name with several addresses that all refuse has no message of its own. */
function textOf(thrown: Error): string {
  if (thrown.message !== '') return thrown.message;
  return thrown instanceof AggregateError
    ? thrown.errors.map(String).join('; ')
    : String((thrown as DriverFault).code);
}

/** Whether the same transaction can succeed when it is run again at once. */
export function isCollision(error: unknown): boolean {
  return isCyborgError(error) && error.details.collision === true;
}

function keysOf(fault: DriverFault): unknown[] {
  if (fault.errcode === undefined) return [fault.code, fault.errno].filter((key) => key !== undefined);
  return [`sqlite:${fault.errcode}`, `sqlite:${Number(fault.errcode) & 0xff}`];
}

/**
 * Whether the database understood us and refuses what was asked, by the kind of code. SQLSTATE classes 22 (data),
 * 23 (constraint), 42 (syntax) but 42501 (privilege); MySQL 1048, 1054, 1064, 1146, 1264, 1364, 1366, 1406; SQLite ERROR, CONSTRAINT, MISMATCH, RANGE, TOOBIG.
 */
function isStatementFault(keys: readonly unknown[]): boolean {
  return keys.some(
    (key) =>
      (typeof key === 'string' && /^(2[23]|42)[0-9A-Z]{3}$/.test(key) && key !== '42501') ||
      (typeof key === 'number' && mysqlStatementFaults.has(key)) ||
      (typeof key === 'string' && /^sqlite:(1|18|19|20|25)$/.test(key)),
  );
}

const mysqlStatementFaults = new Set([1048, 1054, 1060, 1061, 1064, 1146, 1264, 1364, 1366, 1406]);

/** Whether MySQL says that an index of that name exists. */
export const isDuplicateIndex = (error: unknown): boolean => hasMysqlNumber(error, 1061);

/** Whether MySQL says that a column of that name exists. */
export const isDuplicateColumn = (error: unknown): boolean => hasMysqlNumber(error, 1060);

/** Whether MySQL says that there is no column of that name to drop. */
export const isMissingColumn = (error: unknown): boolean => hasMysqlNumber(error, 1091);

function hasMysqlNumber(error: unknown, number: number): boolean {
  return (
    isCyborgError(error) &&
    error.cause instanceof Error &&
    (error.cause as DriverFault & Error).errno === number
  );
}
