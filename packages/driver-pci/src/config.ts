import { ResourceClass, Trait } from '@cyborgjs/core';
import * as z from 'zod';

const pciId = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f]{4}$/, 'expected a PCI id of four hexadecimal digits, without 0x: 8086');

/**
 * One kind of function that may be given out. A function must fit all that is said; the first entry that it fits
 * counts.
 */
export const PciRule = z
  .strictObject({
    vendor: pciId.optional().describe('PCI vendor id: 8086.'),
    product: pciId.optional().describe('PCI device id: 1592; needs a vendor.'),
    class: z
      .string()
      .toLowerCase()
      .regex(/^[0-9a-f]{2}([0-9a-f]{2}){0,2}$/, 'expected 2, 4 or 6 hexadecimal digits of a PCI class: 0200')
      .optional()
      .describe('PCI class, or the beginning of one: 02 for network, 0108 for NVMe.'),
    address: z
      .string()
      .toLowerCase()
      .regex(/^[0-9a-f:.*?]+$/, 'expected an address such as 0000:5e:00.0, with * and ?')
      .optional()
      .describe('Address, with * for any text and ? for any digit: 0000:5e:00.*.'),
    resourceClass: ResourceClass.regex(/^CUSTOM_/, 'expected a custom resource class: CUSTOM_…')
      .default(ResourceClass.parse('CUSTOM_PCI'))
      .describe('Placement resource class of what fits: CUSTOM_….'),
    traits: z.array(Trait).default([]).describe('Further traits of what fits.'),
    model: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Model for people; the name in the list of PCI ids where it is left out, else the ids.'),
    managed: z
      .boolean()
      .default(true)
      .describe(
        'False binds to VFIO for Nova too, where libvirt would take the function from its driver badly.',
      ),
    virtualFunctions: z
      .int()
      .min(0)
      .max(0xffff)
      .optional()
      .describe(
        'How many virtual functions install makes without a profile; without it their number is left alone.',
      ),
    physicalNetwork: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'expected the name of a physical network: physnet1')
      .optional()
      .describe('The network that a network card is wired to, as Neutron calls it: physnet1.'),
  })
  .refine(({ vendor, address }) => vendor !== undefined || address !== undefined, {
    error: 'expected a vendor or an address: an entry without both would offer parts of the host itself',
  })
  .refine(({ vendor, product }) => product === undefined || vendor !== undefined, {
    error: 'expected a vendor beside the product: device ids mean nothing without one',
    path: ['product'],
  });
export type PciRule = z.output<typeof PciRule>;

/** Settings of the PCI driver. */
export const PciConfig = z.strictObject({
  devices: z.array(PciRule).default([]).describe('What may be given out; an empty list offers nothing.'),
});
export type PciConfig = z.output<typeof PciConfig>;
