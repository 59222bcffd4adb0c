import type { ExpressionBuilder, ExpressionWrapper, SqlBool } from 'kysely';
import type { Tables } from './tables.ts';

/**
 * Whether an operation writes an image to its device now. One that only plans that does not. Exact though it looks into
 * a text: we write it without blanks, and within the texts in it each quote is escaped.
 */
export function isProgramming(
  eb: ExpressionBuilder<Tables, 'operation'>,
): ExpressionWrapper<Tables, 'operation', SqlBool> {
  return eb.and([
    eb('operation.verb', '=', 'program'),
    eb('operation.ended_at', 'is', null),
    eb('operation.arguments', 'not like', '%"dryRun":true%'),
  ]);
}
