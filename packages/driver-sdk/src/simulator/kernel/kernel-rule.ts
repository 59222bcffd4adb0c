import { type Kernel, KernelError } from './kernel.ts';

/** What a write to one kind of attribute does. */
export interface KernelRule {
  /** Matches the real path; its named groups are handed to `apply`. */
  readonly pattern: RegExp;
  /** Throws a `KernelError` for a refusal; nothing it did counts then. */
  apply(kernel: Kernel, text: string, at: Readonly<Record<string, string>>): void;
}

/** Pattern text of a PCI function's directory: groups `directory` and `address`. */
export const functionDirectory =
  '(?<directory>/sys/devices/.*/(?<address>[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]))';

/** The text without the newline that shells add; sysfs takes either. */
export const withoutNewline = (text: string): string => text.replace(/\n$/, '');

/** A whole number as the kernel's kstrtoul reads it, decimal or with `0x`; EINVAL when it is none. */
export function kernelNumber(text: string): number {
  const digits = withoutNewline(text);
  if (!/^\+?(0x[0-9a-f]+|\d+)$/i.test(digits)) throw new KernelError('EINVAL', `"${digits}" is no number`);
  return Number(digits.replace('+', ''));
}
