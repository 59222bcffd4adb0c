import { customTrait, Trait } from '@cyborgjs/core';

/** The traits of a PCI function in Cyborg's names: `OWNER_CYBORG`, `CUSTOM_PCI_8086`, `CUSTOM_PCI_PRODUCT_ID_1592`. */
export function pciTraits(ids: { readonly vendor: string; readonly product: string }): Trait[] {
  return [
    Trait.parse('OWNER_CYBORG'),
    customTrait('PCI', ids.vendor),
    customTrait('PCI_PRODUCT_ID', ids.product),
  ];
}
