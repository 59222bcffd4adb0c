import type { SimulationState } from '../simulation-state.ts';

/** Whether a process or a guest holds a function or mediated device. */
export function isHeld({ held, processes }: SimulationState, name: string): boolean {
  return held.includes(name) || processes.some(({ holds }) => holds === name);
}
