import { customTrait, Trait } from '@cyborgjs/core';
import type { PciRule } from './config.ts';

/**
 * The traits of a PCI function in Cyborg's names: `OWNER_CYBORG`, `CUSTOM_PCI_8086`, `CUSTOM_PCI_PRODUCT_ID_1592`; for
 * a network card's network Neutron's, `CUSTOM_PHYSNET_PHYSNET1`.
 */
export function pciTraits(card: {
  readonly vendor: string;
  readonly product: string;
  readonly rule: Pick<PciRule, 'physicalNetwork'>;
}): Trait[] {
  const { physicalNetwork } = card.rule;
  return [
    Trait.parse('OWNER_CYBORG'),
    customTrait('PCI', card.vendor),
    customTrait('PCI_PRODUCT_ID', card.product),
    ...(physicalNetwork === undefined ? [] : [customTrait('PHYSNET', physicalNetwork)]),
  ];
}
