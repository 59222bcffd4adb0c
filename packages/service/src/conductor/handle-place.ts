import type { AttachHandleType } from '@cyborgjs/core';

type HandleInfo = Readonly<Record<string, string>>;

/**
 * The PCI address in the information of a handle, as sysfs writes it, whatever leading zeros and capitals its author
 * used: Cyborg's test driver has devices of one digit and functions beyond 7. Undefined where there is none.
 */
export function addressIn({ domain, bus, device, function: fn }: HandleInfo): string | undefined {
  const parts = [domain, bus, device, fn];
  if (!parts.every((part) => part !== undefined && /^[0-9a-f]{1,8}$/i.test(part))) return undefined;
  const digits = (text: string | undefined, count: number) =>
    Number.parseInt(text ?? '', 16)
      .toString(16)
      .padStart(count, '0');
  return `${digits(domain, 4)}:${digits(bus, 2)}:${digits(device, 2)}.${digits(fn, 1)}`;
}

/**
 * What a handle takes hold of on its host: two handles with the same place are the same piece of hardware. Undefined
 * where the information does not say.
 */
export function handlePlace({
  type,
  info,
}: {
  readonly type: AttachHandleType;
  readonly info: HandleInfo;
}): string | undefined {
  const address = addressIn(info);
  if (address === undefined || type === 'CDI') return undefined;
  // Of mediated devices, type and number tell the slots of one card apart: `nvidia-223_0`.
  return type === 'MDEV' ? `MDEV ${address} ${info.vgpu_mark ?? ''}` : `${type} ${address}`;
}
