import { type PciAddress, parsePciAddress } from '@cyborgjs/core';
import { z } from 'zod';
import type { AttachmentInfo } from '../driver.ts';
import { DriverError } from '../driver-error.ts';

const hexadecimal = (digits: RegExp): z.ZodString =>
  z.string().regex(digits, 'expected hexadecimal digits without 0x');

/** Address of a function in the four parts that Nova reads. */
const parts = {
  domain: hexadecimal(/^[0-9a-f]{4,8}$/),
  bus: hexadecimal(/^[0-9a-f]{2}$/),
  device: hexadecimal(/^[0-9a-f]{2}$/),
  function: hexadecimal(/^[0-7]$/),
};

const group = z.string().regex(/^\d+$/, 'expected the number of an IOMMU group');
const vfioDevice = z.string().regex(/^vfio\d+$/, 'expected a VFIO device: vfio0');
const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'expected a UUID in lower case');
const managed = z.enum(['yes', 'no']);

/**
 * What the attach of a `PCI` handle answers. `managed` is `no` where the function is bound to VFIO already, and
 * `iommu_group` then its group; without it libvirt does the binding. `vfio_device` is its name in
 * `/dev/vfio/devices`, with kernels that have it. `physical_network` is for network cards.
 */
export const PciInfo = z.object({
  ...parts,
  managed: managed.default('yes'),
  iommu_group: group.optional(),
  vfio_device: vfioDevice.optional(),
  physical_network: z.string().min(1).optional(),
});

/**
 * What the attach of an `MDEV` handle answers: the UUID of a mediated device or, where the vendor's driver makes VFIO
 * devices out of virtual functions, the directory of one. The parts of an address are the parent's, or that function's.
 */
export const MdevInfo = z
  .object({
    ...parts,
    uuid: uuid.optional(),
    sysfsdev: z
      .string()
      .regex(/^\/sys\/bus\/pci\/devices\/[0-9a-f:.]+$/, 'expected the directory of a function')
      .optional(),
    iommu_group: group.optional(),
    asked_type: z.string().optional(),
    vgpu_mark: z.string().optional(),
  })
  .refine(
    (info) => (info.uuid === undefined) !== (info.sysfsdev === undefined),
    'expected uuid or sysfsdev, and not both',
  );

const qualifiedName = /^[A-Za-z][\w.-]*\/[A-Za-z][\w.-]*=[A-Za-z0-9]([\w.:-]*[A-Za-z0-9])?$/;

/** What the attach of a `CDI` handle answers: its name, and the nodes behind it, separated by commas. */
export const CdiInfo = z.object({
  cdi_name: z.string().regex(qualifiedName, 'expected the name of a CDI device: vendor.com/class=name'),
  device_nodes: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter(Boolean))
    .pipe(z.array(z.string().regex(/^\/dev\/[\w./-]+$/, 'expected paths below /dev, separated by commas'))),
});

/** An attached handle, its facts read and checked. */
export type HeldHandle =
  | { readonly type: 'PCI'; readonly address: PciAddress; readonly info: z.output<typeof PciInfo> }
  | { readonly type: 'MDEV'; readonly address: PciAddress; readonly info: z.output<typeof MdevInfo> }
  | { readonly type: 'CDI'; readonly info: z.output<typeof CdiInfo> }
  | { readonly type: 'TEST_PCI'; readonly info: Readonly<Record<string, string>> };

/** Reads what a driver's attach answered. Throws `internal` that names the fact that is missing or wrong. */
export function readHeldHandle({ type, info }: AttachmentInfo): HeldHandle {
  switch (type) {
    case 'PCI': {
      const facts = parse(PciInfo, type, info);
      return { type, address: addressOf(facts), info: facts };
    }
    case 'MDEV': {
      const facts = parse(MdevInfo, type, info);
      return { type, address: addressOf(facts), info: facts };
    }
    case 'CDI':
      return { type, info: parse(CdiInfo, type, info) };
    case 'TEST_PCI':
      return { type, info };
  }
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  type: string,
  info: Readonly<Record<string, string>>,
): z.output<Schema> {
  const result = schema.safeParse(info);
  if (result.success) return result.data;
  const faults = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'all of it'}: ${message}`,
  );
  throw new DriverError(
    'internal',
    `what is known of an attached ${type} handle is wrong: ${faults.join('; ')}`,
    {
      hint: 'The attach of its driver has to answer these facts; see the guide of the SDK.',
    },
  );
}

type Parts = Readonly<Record<'domain' | 'bus' | 'device' | 'function', string>>;

function addressOf({ domain, bus, device, function: fn }: Parts): PciAddress {
  const text = `${domain}:${bus}:${device}.${fn}`;
  const address = parsePciAddress(text);
  if (address !== undefined) return address;
  throw new DriverError('internal', `${text} is no PCI address`);
}
