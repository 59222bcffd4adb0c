import type { OperationAttempt, OperationStep, PlannedStep } from '@cyborgjs/core';
import { renderSections } from './details.ts';
import { printable } from './printable.ts';
import type { View } from './view.ts';

/** What the attempts of an operation did to the machine, or would have done. */
export function operationStepsView(id: string, attempts: readonly OperationAttempt[]): View {
  const [first, ...rest] = attempts.map((attempt): readonly [string, string] => [
    `Attempt ${attempt.attempt}: ${attempt.outcome}`,
    linesOf(attempt),
  ]);
  return {
    json: attempts,
    names: [id],
    text: () => (first === undefined ? '' : renderSections(`Operation ${id}`, [first, ...rest])),
    notes: first === undefined ? ['None of its attempts has ended on its host yet.'] : [],
  };
}

/** The steps of a plan, one per line; `nothing` for an empty one. */
export function planText(plan: readonly PlannedStep[]): string {
  return plan.length === 0 ? 'nothing' : plan.map(stepText).join('\n');
}

function linesOf({ plan, done: { steps, left }, error }: OperationAttempt): string {
  return [
    ...(plan === null ? [] : ['would do:', planText(plan)]),
    ...steps.map((step) => `${stepText(step)}${failureOf(step)}`),
    ...(left === 0 ? [] : [`and ${left} more, which the log of the agent has`]),
    ...(steps.length === 0 && plan === null ? ['nothing was done to the machine'] : []),
    ...(error === null ? [] : [`${error.code}: ${printable(error.message)}`]),
  ].join('\n');
}

function stepText(step: PlannedStep | OperationStep): string {
  if (step.verb === 'run') return printable(`run ${[step.tool, ...step.args].join(' ')}`);
  if (step.verb === 'invoke') return printable(`call ${step.port}.${step.method} ${step.argument}`);
  return printable(`write ${step.path}: ${JSON.stringify(step.text)}`);
}

const failureOf = ({ failure }: OperationStep): string =>
  failure === null ? '' : ` (${printable(failure)})`;
