import { CyborgError } from './cyborg-error.ts';

/** A state machine as data: for each state, which event leads where. What is not listed is not allowed. */
export interface StateTable<State extends string, Event extends string> {
  /** The noun it belongs to, for messages. */
  readonly noun: string;
  readonly initial: State;
  readonly transitions: Readonly<Record<State, Readonly<Partial<Record<Event, State>>>>>;
}

/** The state after an event, or undefined when the event is not allowed in this state. */
export function transition<State extends string, Event extends string>(
  table: StateTable<State, Event>,
  state: State,
  event: Event,
): State | undefined {
  return table.transitions[state][event];
}

/** Like `transition`, but an event that is not allowed is a `state.not_allowed` conflict. */
export function requireTransition<State extends string, Event extends string>(
  table: StateTable<State, Event>,
  state: State,
  event: Event,
): State {
  const next = transition(table, state, event);
  if (next !== undefined) return next;
  const from = statesAllowing(table, event);
  throw new CyborgError(
    'state.not_allowed',
    `${table.noun} is ${state}; "${event}" is possible only when it is ${from.join(' or ') || 'never'}`,
    { details: { noun: table.noun, state, event, allowedIn: from } },
  );
}

/** The states in which an event is allowed. */
export function statesAllowing<State extends string, Event extends string>(
  table: StateTable<State, Event>,
  event: Event,
): State[] {
  return (Object.keys(table.transitions) as State[]).filter(
    (state) => table.transitions[state][event] !== undefined,
  );
}

/** Whether no event leads out of the state. */
export function isFinal<State extends string, Event extends string>(
  table: StateTable<State, Event>,
  state: State,
): boolean {
  return Object.keys(table.transitions[state]).length === 0;
}
