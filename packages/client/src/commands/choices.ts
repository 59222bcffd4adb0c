import { InvalidArgumentError } from 'commander';

/** Reads a word in any case as one of those known. */
export function oneOf<Word extends string>(known: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = known.find((one) => one.toLowerCase() === text.toLowerCase());
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`Allowed choices are ${known.join(', ')}.`);
  };
}
