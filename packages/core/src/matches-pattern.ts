/**
 * Whether a whole text is as a pattern has it: `*` stands for any characters, `?` for one, case does not matter.
 *
 * @example
 * matchesPattern('nvidia h?00*', 'NVIDIA H200 NVL'); // true
 */
export function matchesPattern(pattern: string, text: string): boolean {
  const source = pattern
    .replaceAll(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'isu').test(text);
}
