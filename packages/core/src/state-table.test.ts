import { describe, expect, it } from 'vitest';
import { acceleratorRequestStates } from './accelerator-request.ts';
import { attachmentStates } from './attachment.ts';
import { deviceLifeCycle, returnEvent } from './device-life-cycle.ts';
import { operationStates } from './operation.ts';
import { isFinal, requireTransition, type StateTable, transition } from './state-table.ts';

const tables: readonly StateTable<string, string>[] = [
  deviceLifeCycle,
  operationStates,
  attachmentStates,
  acceleratorRequestStates,
] as never;

/** Every state that some sequence of events reaches from the initial one. */
function reachable(table: StateTable<string, string>): Set<string> {
  const seen = new Set([table.initial]);
  for (const state of seen)
    for (const next of Object.values(table.transitions[state] ?? {})) if (next) seen.add(next);
  return seen;
}

describe.each(tables.map((table) => [table.noun, table] as const))('state table of %s', (_noun, table) => {
  it('leads only to states it knows', () => {
    for (const row of Object.values(table.transitions))
      for (const next of Object.values(row)) expect(Object.keys(table.transitions)).toContain(next);
  });

  it('reaches every state from the initial one', () => {
    expect([...reachable(table)].sort()).toEqual(Object.keys(table.transitions).sort());
  });
});

describe('operation', () => {
  it('has exactly three ends, which nothing leaves', () => {
    const ends = (
      Object.keys(operationStates.transitions) as (keyof typeof operationStates.transitions)[]
    ).filter((state) => isFinal(operationStates, state));
    expect(ends).toEqual(['succeeded', 'failed', 'canceled']);
  });
});

describe('device life cycle', () => {
  it('brings a returning card back to where it was, and a half-changed one to discovered', () => {
    expect(transition(deviceLifeCycle, 'gone', returnEvent('ready'))).toBe('ready');
    expect(transition(deviceLifeCycle, 'gone', returnEvent('disabled'))).toBe('disabled');
    expect(transition(deviceLifeCycle, 'gone', returnEvent('installing'))).toBe('discovered');
  });

  it('refuses to give out what was never installed, naming the states that could', () => {
    expect(() => requireTransition(deviceLifeCycle, 'discovered', 'enable')).toThrow(
      'device is discovered; "enable" is possible only when it is disabled',
    );
  });
});
