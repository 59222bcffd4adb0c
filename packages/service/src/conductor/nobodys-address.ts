import { BlockList, isIP } from 'node:net';

/**
 * Addresses that nobody is to be spoken to at: those of one link, where clouds keep the credentials of their machines,
 * and those that are none of one machine. Private ones are where the servers of a cloud are.
 */
const nobodys = new BlockList();
nobodys.addSubnet('0.0.0.0', 8);
nobodys.addSubnet('169.254.0.0', 16);
nobodys.addSubnet('224.0.0.0', 3);
nobodys.addAddress('::', 'ipv6');
nobodys.addSubnet('fe80::', 10, 'ipv6');
nobodys.addAddress('fd00:ec2::254', 'ipv6');
nobodys.addSubnet('ff00::', 8, 'ipv6');

/** Whether nothing is to be asked of, or sent to, an IP address. */
export function isNobodys(address: string): boolean {
  return nobodys.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** The IP address that an address on the web names itself, without a look-up, if it is nobody's. */
export function nobodyIn({ hostname }: URL): string | undefined {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) !== 0 && isNobodys(host) ? host : undefined;
}
