import { isPlacementError } from './placement-error.ts';

interface ConsumerInput {
  readonly consumer_generation: number | null;
}

/**
 * Writes consumers, getting past the invisible ones that an empty write of another client left behind: they read as
 * if they did not exist, but insist on generation 0. Placement looks at the consumers in their order, stops at the
 * first whose generation is wrong, applies nothing and does not say which it was; so that they are tried one by one.
 */
export async function writePastGhosts<Input extends ConsumerInput>(
  inputs: Readonly<Record<string, Input>>,
  write: (inputs: Readonly<Record<string, Input>>) => Promise<void>,
): Promise<void> {
  const suspects = Object.keys(inputs).filter((consumer) => inputs[consumer]?.consumer_generation === null);
  let past = inputs;
  let tried = inputs;
  for (;;) {
    try {
      return await write(tried);
    } catch (error) {
      // Where the one that was tried is no ghost, Placement now complains about that.
      if (isGhost(error)) past = tried;
      else if (tried === past || !isNoGhost(error)) throw error;
      const next = suspects.shift();
      const input = next === undefined ? undefined : inputs[next];
      if (next === undefined || input === undefined) throw error;
      tried = { ...past, [next]: { ...input, consumer_generation: 0 } };
    }
  }
}

function isGhost(error: unknown): boolean {
  return (
    isPlacementError(error, 'placement.consumer_conflict') && /expected 0 but got None/.test(error.detail)
  );
}

function isNoGhost(error: unknown): boolean {
  return (
    isPlacementError(error, 'placement.consumer_conflict') &&
    /expected (null|None) but got 0/.test(error.detail)
  );
}
