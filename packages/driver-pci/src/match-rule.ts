import type { PciRule } from './config.ts';

/** What the rules look at. */
export interface MatchedFunction {
  readonly address: string;
  /** Four lower-case hexadecimal digits each. */
  readonly vendor: string;
  readonly product: string;
  /** Six. */
  readonly class: string;
}

/** The first rule that a function fits; undefined when it may not be given out. */
export function matchRule(rules: readonly PciRule[], fn: MatchedFunction): PciRule | undefined {
  return rules.find(
    (rule) =>
      (rule.vendor === undefined || rule.vendor === fn.vendor) &&
      (rule.product === undefined || rule.product === fn.product) &&
      (rule.class === undefined || fn.class.startsWith(rule.class)) &&
      (rule.address === undefined || fitsPattern(rule.address, fn.address)),
  );
}

/** `*` stands for any text and `?` for any one character. */
function fitsPattern(pattern: string, address: string): boolean {
  const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(address);
}
