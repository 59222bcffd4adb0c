import type { OperationStep, OperationSteps } from '@cyborgjs/core';
import type { AuditEntry, AuditSink } from '@cyborgjs/driver-sdk/host';

/** Steps of one operation that are kept, and the length of a text in them. */
const maxSteps = 200;
const maxText = 1000;

/** What a driver does to its machine in one operation, as far as it is kept. */
export interface StepLog {
  readonly take: AuditSink;
  steps(): OperationSteps;
}

/** An empty one. Of a long operation the beginning is kept, and the rest counted: the log of the agent has it all. */
export function createStepLog(): StepLog {
  const steps: OperationStep[] = [];
  let left = 0;
  return {
    take(entry) {
      if (steps.length < maxSteps) steps.push(stepOf(entry));
      else left += 1;
    },
    steps: () => ({ steps, left }),
  };
}

function stepOf(entry: AuditEntry): OperationStep {
  const failure = entry.failure === null ? null : clip(entry.failure.message);
  if (entry.verb === 'write')
    return { verb: 'write', path: clip(entry.path), text: clip(entry.text), failure };
  if (entry.verb === 'invoke')
    return {
      verb: 'invoke',
      port: clip(entry.port),
      method: clip(entry.method),
      argument: clip(entry.argument),
      failure,
    };
  return { verb: 'run', tool: clip(entry.tool), args: entry.args.slice(0, 100).map(clip), failure };
}

const clip = (text: string): string => (text.length > maxText ? `${text.slice(0, maxText)}…` : text);
