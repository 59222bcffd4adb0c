import type { DeviceKind } from '@cyborgjs/core';

/** Families by the beginning of the PCI class (PCI Code and ID Assignment Specification). */
const kinds: readonly (readonly [prefix: string, kind: DeviceKind])[] = [
  ['03', 'GPU'],
  ['02', 'NIC'],
  ['0108', 'SSD'],
  ['0b40', 'QAT'],
  ['12', 'AICHIP'],
];

/** The family of a function by its class, six hexadecimal digits; `PCI` where the class says nothing better. */
export function kindOf(pciClass: string): DeviceKind {
  return kinds.find(([prefix]) => pciClass.startsWith(prefix))?.[1] ?? 'PCI';
}
