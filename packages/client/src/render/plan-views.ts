import type { Operation, PlannedStep } from '@cyborgjs/core';
import { type Outcome, operationLine } from './outcome-views.ts';
import { planText } from './step-views.ts';
import type { View } from './view.ts';

/** What came of a dry run. */
export interface PlannedOutcome extends Outcome<Operation> {
  /** What would be done to the machine; null when it has not come so far. */
  readonly plan: readonly PlannedStep[] | null;
}

/** What dry runs would have done; what was refused or failed is told elsewhere, as a fault. */
export function plansView(outcomes: readonly PlannedOutcome[]): View {
  return {
    json: outcomes.map(({ id, result, plan, error }) => ({ deviceId: id, operation: result, plan, error })),
    names: outcomes.flatMap(({ result }) => (result === null ? [] : [result.id])),
    text: (style) =>
      outcomes
        .flatMap(({ label, result, plan }) => {
          if (result === null) return [];
          if (plan === null) return operationLine({ label, operation: result }, style);
          return [`${result.verb} ${label} would do:`, planText(plan)];
        })
        .join('\n'),
  };
}
