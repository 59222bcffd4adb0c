import type { Operation, OperationFailure } from '@cyborgjs/core';
import { type Detail, renderDetails } from './details.ts';
import { humanTime, momentAndAge } from './human-time.ts';
import { markColumn, markNotes, marksOf } from './marks.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';
import { toneOf } from './tones.ts';
import type { Style, View } from './view.ts';

/** Operations as a table; `simulatedHosts` names those whose hardware does not exist. */
export function operationListView(
  operations: readonly Operation[],
  simulatedHosts: ReadonlySet<string>,
): View {
  const marks = operations.map((operation) => ({ simulated: simulatedHosts.has(operation.host) }));
  return {
    json: operations,
    names: operations.map((operation) => operation.id),
    text: (style) => (operations.length === 0 ? '' : operationTable(operations, simulatedHosts, style)),
    notes: operations.length === 0 ? ['No operation fits.'] : markNotes(marks),
  };
}

/** One operation in full. */
export function operationView(operation: Operation): View {
  return { json: operation, names: [operation.id], text: (style) => operationPage(operation, style) };
}

/** Why an operation failed and what helps, on one line. */
export function failureLine({ message, hint }: OperationFailure): string {
  return printable(hint === undefined ? message : `${message}; what helps: ${hint}`);
}

/** `42 %`, or a dash while nobody knows. */
export function percent(progress: number | null): string {
  return progress === null ? '-' : `${Math.floor(progress * 100)} %`;
}

function operationTable(
  operations: readonly Operation[],
  simulatedHosts: ReadonlySet<string>,
  { paint, now, width }: Style,
): string {
  return renderTable<Operation>({
    width,
    rows: operations,
    columns: [
      { title: 'ID', cell: (operation) => operation.id, narrow: 'id' },
      { title: 'VERB', cell: (operation) => operation.verb },
      { title: 'STATE', cell: (operation) => paint(toneOf(operation.state), operation.state) },
      { title: 'HOST', cell: (operation) => printable(operation.host), narrow: 'shorten' },
      { title: 'DEVICE', cell: (operation) => operation.deviceId ?? '-', narrow: 'id' },
      { title: 'DONE', cell: (operation) => percent(operation.progress) },
      { title: 'TRIES', cell: (operation) => String(operation.attempts), narrow: 'drop' },
      { title: 'ASKED', cell: (operation) => humanTime(operation.createdAt, now) },
      { title: 'BY', cell: (operation) => printable(operation.requestedBy), narrow: 'drop' },
      ...markColumn(operations, ({ host }) => marksOf({ simulated: simulatedHosts.has(host) })),
      { title: 'NOTE', cell: noteOf, narrow: 'shorten' },
    ],
  });
}

/** What is being done, or what went wrong. */
function noteOf({ error, note }: Operation): string {
  return printable(error?.message ?? note ?? '');
}

function operationPage(operation: Operation, { paint, now }: Style): string {
  const { error } = operation;
  const details: Detail[] = [
    ['Id', operation.id],
    ['Verb', operation.verb],
    ['State', paint(toneOf(operation.state), operation.state)],
    ['Host', printable(operation.host)],
    ['Device', operation.deviceId ?? 'the whole host'],
    ['Done', percent(operation.progress)],
    ['Note', printable(operation.note ?? '-')],
    ['Tries', String(operation.attempts)],
    ...(error === null ? [] : [['Error', errorLines(error)] as const]),
    ['Asked by', printable(operation.requestedBy)],
    ['Asked', momentAndAge(operation.createdAt, now)],
    ['Ended', operation.endedAt === null ? 'not yet' : momentAndAge(operation.endedAt, now)],
    ['Deadline', momentAndAge(operation.deadlineAt, now)],
  ];
  return renderDetails(details);
}

function errorLines({ code, message, hint }: OperationFailure): readonly string[] {
  return [
    `${code}: ${printable(message)}`,
    ...(hint === undefined ? [] : [`what helps: ${printable(hint)}`]),
  ];
}
