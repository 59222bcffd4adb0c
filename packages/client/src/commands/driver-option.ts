import { InvalidArgumentError } from 'commander';

/** Adds `name=value` to those given before it. */
export function addOption(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const at = text.indexOf('=');
  if (at > 0) return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
  throw new InvalidArgumentError('Expected name=value.');
}
