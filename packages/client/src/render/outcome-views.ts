import type { Device, Operation } from '@cyborgjs/core';
import { endLine, type Watched } from './progress-line.ts';
import { toneOf } from './tones.ts';
import type { Style, View } from './view.ts';

/** What came of one device among several for which something was asked. */
export interface Outcome<Result> {
  readonly id: string;
  /** The name people know the device by. */
  readonly label: string;
  /** Null when it was refused. */
  readonly result: Result | null;
  /** Why it was refused, as data. */
  readonly error: Readonly<Record<string, unknown>> | null;
}

/** Operations that were asked for, ended or only begun; what failed is told elsewhere, as a fault. */
export function operationOutcomesView(outcomes: readonly Outcome<Operation>[]): View {
  return {
    json: outcomes.map(({ id, result, error }) => ({ deviceId: id, operation: result, error })),
    names: outcomes.flatMap(({ result }) => (result === null ? [] : [result.id])),
    text: (style) =>
      outcomes
        .flatMap(({ label, result }) =>
          result === null ? [] : operationLine({ label, operation: result }, style),
        )
        .join('\n'),
  };
}

/** Operations that were waited for or only begun, without devices to name them by. */
export function operationEndsView(watched: readonly Watched[]): View {
  return {
    json: watched.map(({ operation }) => operation),
    names: watched.map(({ operation }) => operation.id),
    text: (style) => watched.flatMap((one) => operationLine(one, style)).join('\n'),
  };
}

/** Devices whose state was changed at once. */
export function deviceOutcomesView(outcomes: readonly Outcome<Device>[]): View {
  return {
    json: outcomes.map(({ id, result, error }) => ({ deviceId: id, device: result, error })),
    names: outcomes.flatMap(({ result }) => (result === null ? [] : [result.id])),
    text: ({ paint }) =>
      outcomes
        .flatMap(({ label, result }) =>
          result === null ? [] : [`${label}: ${paint(toneOf(result.state), result.state)}`],
        )
        .join('\n'),
  };
}

/** How an operation stands, on one line; none for one that failed. */
export function operationLine(watched: Watched, { paint }: Style): string[] {
  const { label, operation } = watched;
  if (operation.state === 'failed') return [];
  if (operation.endedAt !== null) return [endLine(watched, paint)];
  return [`${operation.verb} ${label}: begun as operation ${operation.id}`];
}
