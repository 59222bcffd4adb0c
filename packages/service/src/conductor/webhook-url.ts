import { BlockList, isIP } from 'node:net';
import { CyborgError } from '@cyborgjs/core';
import type { ConductorSettings } from './conductor-settings.ts';

const maxLength = 2048;
const loopback = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * Addresses that no receiver has: those of one link, where clouds keep the credentials of their machines, and
 * those that are none of one machine. Private ones are where the receivers of a cloud are.
 */
const nobodys = new BlockList();
nobodys.addSubnet('0.0.0.0', 8);
nobodys.addSubnet('169.254.0.0', 16);
nobodys.addSubnet('224.0.0.0', 3);
nobodys.addAddress('::', 'ipv6');
nobodys.addSubnet('fe80::', 10, 'ipv6');
nobodys.addAddress('fd00:ec2::254', 'ipv6');
nobodys.addSubnet('ff00::', 8, 'ipv6');

/** Whether nothing is to be sent to an IP address. */
export function isNobodys(address: string): boolean {
  return nobodys.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** The address of a webhook, if it may have it. Throws `webhook.url_refused`. */
export function requireWebhookUrl(
  text: string,
  { webhookPlainHttp }: Pick<ConductorSettings, 'webhookPlainHttp'>,
): URL {
  const url = URL.parse(text);
  const refuse = (why: string) =>
    new CyborgError('webhook.url_refused', `the url of a webhook ${why}`, { details: { field: 'url' } });
  if (url === null || text.length > maxLength)
    throw refuse(`must be an absolute address of at most ${maxLength} characters`);
  if (url.username !== '' || url.password !== '')
    throw refuse('must have no user and password in it: deliveries are signed, the receiver checks that');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && isNobodys(host))
    throw refuse(`leads to ${host}, which is no address of a receiver`);
  if (url.protocol === 'https:') return url;
  if (url.protocol !== 'http:') throw refuse(`must begin with https://, and begins with ${url.protocol}`);
  if (webhookPlainHttp || loopback.has(url.hostname)) return url;
  throw refuse(
    `begins with http://, which is for loopback addresses; use https, or set conductor.webhookPlainHttp`,
  );
}
