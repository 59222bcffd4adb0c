import { compilePciMatch, type PciFunction, type PciMatch } from '@cyborgjs/driver-sdk';
import type { PciRule } from './config.ts';

type MatchedFunction = Pick<PciFunction, 'address' | 'vendor' | 'device' | 'class'>;

/** Makes the search for the first entry that a function fits; undefined is found when it may not be given out. */
export function compileRules(rules: readonly PciRule[]): (fn: MatchedFunction) => PciRule | undefined {
  const tests = rules.map((rule) => ({ rule, fits: compilePciMatch(matchOf(rule)) }));
  return (fn) => tests.find(({ fits }) => fits(fn))?.rule;
}

/** What an entry matches. */
export function matchOf({ vendor, product, class: code, address }: PciRule): PciMatch {
  return {
    ...(vendor === undefined ? {} : { vendor }),
    ...(product === undefined ? {} : { device: product }),
    ...(code === undefined ? {} : { class: code }),
    ...(address === undefined ? {} : { address }),
  };
}
