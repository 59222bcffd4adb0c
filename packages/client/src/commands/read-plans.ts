import type { Operation } from '@cyborgjs/core';
import type { Outcome } from '../render/outcome-views.ts';
import type { PlannedOutcome } from '../render/plan-views.ts';
import type { CommandContext } from './command-context.ts';

/** Dry runs that have ended, with what each would have done. */
export async function readPlans(
  { client, signal }: CommandContext,
  outcomes: readonly Outcome<Operation>[],
): Promise<readonly PlannedOutcome[]> {
  const planned: PlannedOutcome[] = [];
  for (const outcome of outcomes) {
    const { result } = outcome;
    const attempts = result === null ? [] : await client.operations.attempts(result.id, { signal });
    planned.push({ ...outcome, plan: attempts.at(-1)?.plan ?? null });
  }
  return planned;
}
